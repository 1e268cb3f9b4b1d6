"""`seqmeta check --fix`: what is only spelling is respelled in place; meaning, comments and layout stay."""

import stat
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import Lab, biosamples, dump, run_of

from seqmeta.judging import plan
from seqmeta.moment import Moment
from seqmeta.workspace import open_workspace

HAND_WRITTEN = """\
# Two runs of March.
sequencing_run:   # the seed's own
  sequencing_id: 09ef4b3a-1bad-453a-a291-029ac9bd705d
  instrument_make: "oxford nanopore"     # quoted
  library_name:    BIRM-LIBRARY-20200322
  biosamples: [ BIRM-XXXXX,BIRM-YYYYY , BIRM-ZZZZZ ]

  library_strategy: amplicon
  library_source: viral rna              # as the archive spells it
  library_selection: 'pcr'
  library_layout_config: {layout}
  library_seq_kit: amplicon
  library_seq_protocl: LIGATION
  library_sop_name: "viral rna"
  library_sop_version: v2
"""
RESPELLED = """\
# Two runs of March.
sequencing_run:   # the seed's own
  sequencing_id: 09ef4b3a-1bad-453a-a291-029ac9bd705d
  instrument_make: "OXFORD_NANOPORE"     # quoted
  library_name:    BIRM-LIBRARY-20200322
  biosamples: [ BIRM-XXXXX,BIRM-YYYYY , BIRM-ZZZZZ ]

  library_strategy: AMPLICON
  library_source: VIRAL_RNA              # as the archive spells it
  library_selection: 'PCR'
  library_layout_config: {layout}
  library_seq_kit: amplicon
  library_seq_protocol: LIGATION
  library_sop_name: "viral rna"
  library_sop_version: v2
"""


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.write("samples.yaml", dump(biosamples()))
    return lab


def fix(lab, *words):
    code, out, err = lab.call("check", "--fix", *words)
    return code, out, err


def test_terms_and_the_old_key_are_respelled_and_nothing_else(lab):
    path = lab.write("run.yaml", HAND_WRITTEN.format(layout="SINGLE"))
    samples = (lab.descriptions / "samples.yaml").read_bytes()
    lab.good()
    before = lab.tree()
    code, _, err = fix(lab)
    assert code == 0
    assert path.read_text() == RESPELLED.format(layout="SINGLE")
    assert "config/descriptions/run.yaml:4:20: oxford nanopore is now OXFORD_NANOPORE" in err
    assert err.count(" is now ") == 5
    assert (lab.descriptions / "samples.yaml").read_bytes() == samples
    assert lab.good()["commit"] is None
    assert lab.tree() == before, "it means the same"
    assert fix(lab)[2] == ""


def test_what_is_wrong_is_left_for_people(lab):
    path = lab.write("run.yaml", HAND_WRITTEN.format(layout="SINGEL"))
    assert fix(lab)[0] == 1
    assert path.read_text() == RESPELLED.format(layout="SINGEL")


@pytest.mark.parametrize(
    "text",
    [
        "sequencing_run: {library_source: viral rna, library_source: viral rna}\n",
        "sequencing_run: {library_source: &a viral rna}\n",
        "sequencing_run: [viral rna\n",
        "library: {library_source: viral\n  rna}\n",
        'library: {library_source: "viral\\x20rna"}\n',
        "library: {library_source: >-\n  viral rna\n }\n",
    ],
)
def test_a_file_that_cannot_be_edited_safely_stays_as_it_is(lab, text):
    path = lab.write("run.yaml", text)
    fix(lab)
    assert path.read_text() == text


def test_both_spellings_of_one_key_stay(lab):
    run = run_of()
    run["sequencing_run"]["library_seq_protocl"] = "OTHER"
    path = lab.write("run.yaml", dump(run))
    assert fix(lab)[0] == 1
    assert path.read_text() == dump(run)


@pytest.mark.parametrize("form", ["bom", "crlf", "json", "flow", "stream"])
def test_every_way_to_write_a_file(lab, form):
    library = "library: {library_source: viral rna, library_strategy: 'whole-genome sequencing'}\n"
    text = f"biosample: {{central_sample_id: É1}}\n---\n{library}"
    name = "more.yaml"
    if form == "bom":
        text = "\ufeff" + text
    elif form == "crlf":
        text = text.replace("\n", "\r\n").replace("{", "\r\n  {")
    elif form == "json":
        name, text = (
            "more.json",
            '{"library": {"library_source": "viral rna", "library_strategy": "whole-genome sequencing"}}',
        )
    elif form == "stream":
        sample = "{central_sample_id: X, library_strategy: 'whole-genome sequencing'}"
        text = f"libraries:\n- library_source: viral rna\n  biosamples: [{sample}]\n"
    path = lab.write(name, text.encode())
    fix(lab)
    expected = text.replace("viral rna", "VIRAL_RNA").replace("whole-genome sequencing", "WGS")
    assert path.read_bytes().decode() == expected


def test_only_what_was_asked_for(lab):
    one = lab.write("one/run.yaml", HAND_WRITTEN.format(layout="SINGLE"))
    other = lab.write("two/run.yaml", "library: {library_source: viral rna}\n")
    fix(lab, "config/descriptions/two")
    assert one.read_text() == HAND_WRITTEN.format(layout="SINGLE")
    assert other.read_text() == "library: {library_source: VIRAL_RNA}\n"


def test_rights_stay_and_links_are_not_followed(lab, tmp_path):
    path = lab.write("run.yaml", "library: {library_source: viral rna}\n")
    path.chmod(0o640)
    outside = tmp_path / "outside.yaml"
    outside.write_text("library: {library_source: viral rna}\n")
    (lab.descriptions / "link.yaml").symlink_to(outside)
    fix(lab)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_text() == "library: {library_source: VIRAL_RNA}\n"
    assert outside.read_text() == "library: {library_source: viral rna}\n"
    assert (lab.descriptions / "link.yaml").is_symlink()
    assert sorted(of.name for of in lab.descriptions.iterdir()) == ["link.yaml", "run.yaml", "samples.yaml"]


# Words of options. In each layout {0} to {4} are spelled by somebody; `e` says that the file means the same after.
CATALOGUE = """\
request_types:
  - name: Elution
    options:
      elution.kind: {type: string, allowed: [Élution douce, None at all, "10x"]}
      library_type: {type: string, allowed: [Standard, Agilent Pulldown, 'no']}
      read_length: {type: integer, allowed: [37, 76], required: true}
  - name: Second
    options: {library_type: {type: string, allowed: [STANDARD, agilent pulldown, NO], default: standard}}
---
order_template: {name: T, request_types: [Elution, Second], request_options: {library_type: agilent-pulldown}}
---
study: {name: S}
---
project: {name: P}
"""
LAYOUTS = {
    "block": """\
# An order, {{standard}} in a comment.
order:
  name: standard   # the name of it is no option
  template: T
  study: S
  project: P
  request_options:
    read_length: 76
    library_type: {0}   # as the bench says
    elution: {{ kind: {1} }}
  comments: standard agilent-pulldown
""",
    "flow": "order: {{name: O, template: T, study: S, project: P,\n"
    "  request_options: {{library_type: {0},elution.kind: {1}}} }}\n",
    "quoted": "order:\n  template: 'T'\n  name: O\n  study: S\n  project: P\n"
    '  request_options: {{\'library_type\': \'{0}\', "elution": {{"kind": "{1}"}}}}\n',
    "several": "study: {{name: é, state: active}}\n---\norders:\n- {{name: A, template: T, study: S, project: P, "
    "request_options: {{library_type: {0}}}}}\n- name: B\n  template: T\n  study: S\n  project: P\n"
    "  request_options:\n    elution.kind: {1}\n",
    "accents": "order: {{name: cafe\u0301, comments: e\u0301e\u0301, template: T, study: S, project: P, "
    "request_options: {{library_type: {0}, elution.kind: {1}}}}}\n",
}


def spelled(word):
    """A word in another case, with other separators, in either normal form."""
    change = st.sampled_from([str.upper, str.lower, str.title, str])
    separator = st.sampled_from([" ", "-", "_"])
    form = st.sampled_from(["NFC", "NFD"])
    return st.builds(lambda f, s, n: unicodedata.normalize(n, f(word).replace(" ", s)), change, separator, form)


words = st.tuples(
    st.sampled_from(["Standard", "Agilent Pulldown", "no"]), st.sampled_from(["Élution douce", "None at all", "10x"])
).flatmap(lambda pair: st.tuples(st.just(pair), spelled(pair[0]), spelled(pair[1])))


def meaning(lab):
    """The bytes of the records that the descriptions make."""
    judgement = plan(open_workspace(lab.root), Moment(0, "2024-01-01T00:00:00Z", Path("/nonexistent")), whole=True)
    assert not judgement.is_refused, judgement.problems
    return {change.path: change.render() for change in judgement.changes}


files = (words, st.sampled_from(sorted(LAYOUTS)), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]))


@settings(max_examples=15)
@given(*files)
def test_words_of_options_are_respelled_and_every_other_byte_stays(tmp_path_factory, drawn, layout, line_break, bom):
    respell_words(tmp_path_factory, drawn, layout, line_break, bom)


@pytest.mark.soak
@settings(max_examples=500)
@given(*files)
def test_so_they_are_for_a_long_time(tmp_path_factory, drawn, layout, line_break, bom):
    respell_words(tmp_path_factory, drawn, layout, line_break, bom)


def respell_words(tmp_path_factory, drawn, layout, line_break, bom):
    lab = Lab(tmp_path_factory.mktemp("fix") / "lab")
    lab.write("catalogue.yaml", CATALOGUE)
    names, *typed = drawn
    # What is the same but for its normal form of Unicode is read as the same, and nobody's spelling.
    names = [t if unicodedata.normalize("NFC", t) == name else name for name, t in zip(names, typed, strict=True)]
    written = [LAYOUTS[layout].format(*of).replace("\n", line_break) for of in (typed, names)]
    path = lab.write("order.yaml", (bom + written[0]).encode())
    before = meaning(lab)
    assert fix(lab, "config/descriptions/order.yaml")[0] == 0
    assert path.read_bytes().decode() == bom + written[1]
    assert meaning(lab) == before
    assert (lab.descriptions / "catalogue.yaml").read_text() == CATALOGUE


def test_words_in_templates_and_defaults_are_as_their_lists_spell_them(lab):
    path = lab.write("catalogue.yaml", CATALOGUE)
    before = meaning(lab)
    fix(lab)
    expected = CATALOGUE.replace("agilent-pulldown", "Agilent Pulldown").replace(
        "default: standard", "default: STANDARD"
    )
    assert path.read_text() == expected
    assert meaning(lab) == before


def test_words_of_options_that_are_unknown_or_have_no_list_stay(lab):
    lab.write("catalogue.yaml", CATALOGUE)
    order = "order: {name: O, template: T, study: S, project: P, request_options: {library_type: Standrad}}\n"
    path = lab.write("order.yaml", order)
    assert fix(lab)[0] == 1
    assert path.read_text() == order
    other = order.replace("template: T", "template: Nowhere").replace("Standrad", "standard")
    path.write_text(other)
    assert fix(lab)[0] == 1
    assert path.read_text() == other


def test_a_sealed_order_is_respelled_and_is_no_other_order(lab):
    lab.write("catalogue.yaml", CATALOGUE)
    lab.write("tube.yaml", "asset: {name: Tube 1, biosamples: [BIRM-XXXXX]}\n")
    order = "{name: O, template: T, study: S, project: P, assets: [Tube 1], asset_group_name: G, request_options: %s}\n"
    path = lab.write("order.yaml", "order: " + order % "{read_length: 76, library_type: NO}")
    lab.write("submission.yaml", "submission: {name: Sub, orders: [O], submit: true}\n")
    assert lab.good()["commit"] is not None
    assert fix(lab)[0] == 0
    assert "library_type: 'no'" in path.read_text() or "library_type: no" in path.read_text()
    assert lab.good()["commit"] is None
