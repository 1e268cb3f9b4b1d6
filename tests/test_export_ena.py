"""Exports to the archive: the XSD accepts them all, and what the archive would refuse is refused before."""

import hashlib
import uuid
from itertools import zip_longest

import pytest
import yaml
from exporting import ACCESSION, STUDY, export, illumina_run, refused, sequenced_lab, study
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import RUN_ID, SAMPLES, biosamples, library_of, sequenced
from lxml import etree

MAKES = ("ILLUMINA", "OXFORD_NANOPORE", "PACBIO_SMRT")


@pytest.fixture(scope="module")
def schemas(project):
    folder = project.parent / "shared" / "data" / "sra"
    if not folder.is_dir():
        pytest.skip("no schemas of the archive beside the project")
    return {name: etree.XMLSchema(etree.parse(folder / f"SRA.{name}.xsd")) for name in ("experiment", "run")}


def parse(schemas, files):
    """Read both files, which the archive's schemas must accept."""
    read = {}
    for name, schema in schemas.items():
        read[name] = etree.fromstring(files[f"{name}.xml"])
        schema.assertValid(read[name])
    return read["experiment"], read["run"]


def texts(element, path):
    return [of.text for of in element.findall(path)]


def manifest(data):
    return dict(line.split("\t") for line in data.decode().splitlines())


def test_an_experiment_for_each_biosample_of_a_library(tmp_path, schemas):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(library_layout_nominal_length="400"))
    files = export(lab, "ena", tmp_path / "out")
    experiments, runs = parse(schemas, files)
    assert [of.get("refname") for of in experiments.iter("SAMPLE_DESCRIPTOR")] == list(SAMPLES)
    assert {of.get("accession") for of in experiments.iter("STUDY_REF")} == {ACCESSION}
    assert set(texts(experiments, ".//LIBRARY_SOURCE")) == {"VIRAL RNA"}
    assert [of.get("NOMINAL_LENGTH") for of in experiments.iter("PAIRED")] == ["400"] * 3
    assert set(texts(experiments, ".//PLATFORM/ILLUMINA/INSTRUMENT_MODEL")) == {"Illumina MiSeq"}
    aliases = [of.get("alias") for of in experiments]
    assert [of.get("refname") for of in runs.iter("EXPERIMENT_REF")] == aliases
    assert len(set(aliases)) == len({of.get("alias") for of in runs}) == 3
    assert len([name for name in files if name.startswith("manifests/")]) == 3


def test_a_manifest_says_what_webin_cli_asks(tmp_path):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(library_layout_nominal_length="400"))
    files = export(lab, "ena", tmp_path / "out")
    fields = manifest(files[f"manifests/200322_M00001.{SAMPLES[0]}.txt"])
    assert fields == {
        "STUDY": ACCESSION,
        "SAMPLE": SAMPLES[0],
        "NAME": f"{RUN_ID}:{SAMPLES[0]}",
        "PLATFORM": "ILLUMINA",
        "INSTRUMENT": "Illumina MiSeq",
        "INSERT_SIZE": "400",
        "LIBRARY_NAME": "BIRM-LIBRARY-20200322",
        "LIBRARY_SOURCE": "VIRAL RNA",
        "LIBRARY_SELECTION": "PCR",
        "LIBRARY_STRATEGY": "AMPLICON",
        "DESCRIPTION": "LIGATION with LSK109, by ARTIC nCov v2",
    }


def test_accessions_take_the_place_of_names(tmp_path, schemas):
    named = {"biosamples": [{"central_sample_id": name, "accession": f"ERS{i:07}"} for i, name in enumerate(SAMPLES)]}
    lab = sequenced_lab(tmp_path / "lab")
    lab.good(study(), named, illumina_run())
    experiments, _ = parse(schemas, export(lab, "ena", tmp_path / "out"))
    described = [dict(of.attrib) for of in experiments.iter("SAMPLE_DESCRIPTOR")]
    assert described == [{"accession": f"ERS{i:07}"} for i in range(3)]


def test_one_library_on_two_runs_is_one_experiment(tmp_path, schemas):
    second = str(uuid.uuid5(uuid.NAMESPACE_DNS, "second"))
    runs = [sequenced(study=STUDY, sequencing_id=of) for of in (RUN_ID, second)]
    lab = sequenced_lab(tmp_path / "lab", library_of(biosamples=[SAMPLES[0]]), *runs)
    experiments, runs = parse(schemas, export(lab, "ena", tmp_path / "out"))
    assert (len(experiments), len(runs)) == (1, 2)


def test_files_are_found_with_checksums(tmp_path, schemas, monkeypatch):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(biosamples=list(SAMPLES[:2])))
    reads = tmp_path / "reads"
    reads.mkdir()
    for sample, read in zip_longest(SAMPLES[:2] * 2, "1122"):
        (reads / f"{sample}_R{read}.fastq.gz").write_bytes(f"{sample}{read}".encode())
    (reads / f"{SAMPLES[0]}0_R1.fastq.gz").write_bytes(b"another sample, of a longer name")
    for number, pattern in enumerate([f"{reads}/{{sample}}_R{{read}}.fastq.gz", f"{reads}/*.fastq.gz"]):
        files = export(lab, "ena", tmp_path / f"out{number}", "--files", pattern)
        _, runs = parse(schemas, files)
        found = {of.get("filename"): (of.get("filetype"), of.get("checksum")) for of in runs.iter("FILE")}
        wanted = {
            f"{sample}_R{read}.fastq.gz": ("fastq", hashlib.md5(f"{sample}{read}".encode()).hexdigest())
            for sample in SAMPLES[:2]
            for read in "12"
        }
        assert found == wanted
        lines = files[f"manifests/200322_M00001.{SAMPLES[0]}.txt"].decode().splitlines()
        assert lines[-2:] == [f"FASTQ\t{SAMPLES[0]}_R1.fastq.gz", f"FASTQ\t{SAMPLES[0]}_R2.fastq.gz"]


@pytest.mark.parametrize(
    "names, code",
    [
        ([], "required_field"),
        (["{}_R1.fastq.gz"], "not_applicable"),  # one file of a paired library
        (["{}.bam", "{}.cram"], "not_applicable"),
        (["{}_a b.bam"], "invalid_text"),
        (["{}_$(id).bam"], "invalid_text"),
    ],
)
def test_files_that_the_archive_would_refuse(tmp_path, names, code):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(biosamples=[SAMPLES[0]]))
    reads = tmp_path / "reads"
    reads.mkdir()
    for name in names:
        (reads / name.format(SAMPLES[0])).write_bytes(b"")
    lines = refused(lab, "ena", tmp_path / "out", "--files", f"{reads}/{{sample}}*")
    assert len(lines) == 1
    assert lines[0].endswith(f"[{code}]")


def test_a_file_is_uploaded_for_one_biosample_only(tmp_path):
    names = ["S1", "S1-2"]
    lab = sequenced_lab(tmp_path / "lab", biosamples(*names), illumina_run(biosamples=names))
    (tmp_path / "reads").mkdir()
    (tmp_path / "reads/S1-2.bam").write_bytes(b"")
    (line,) = refused(lab, "ena", tmp_path / "out", "--files", f"{tmp_path}/reads/*.bam")
    assert f"the file S1-2.bam would be uploaded for {RUN_ID}:S1 and for {RUN_ID}:S1-2: " in line
    assert line.endswith("[duplicate_item]")


def test_links_out_of_the_folder_of_reads_are_not_followed(tmp_path):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(biosamples=[SAMPLES[0]]))
    (tmp_path / "secret.bam").write_bytes(b"secret")
    (tmp_path / "reads").mkdir()
    (tmp_path / "reads" / f"{SAMPLES[0]}.bam").symlink_to(tmp_path / "secret.bam")
    lines = refused(lab, "ena", tmp_path / "out", "--files", f"{tmp_path}/reads/{{sample}}.bam")
    assert f"no file fits the pattern {str(tmp_path / 'reads/{sample}.bam')!r}"[:50] in lines[0]


def test_a_run_without_a_study_is_refused(tmp_path):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(study=None))
    lines = refused(lab, "ena", tmp_path / "out")
    assert len(lines) == 1
    assert lines[0].startswith(f"records/sequencing_runs/{RUN_ID[:2]}/{RUN_ID}.json:1:1: sequencing_run.study: ")
    assert lines[0].endswith("[required_field]")
    assert not (tmp_path / "out").exists()


def test_a_term_of_ones_own_that_the_archive_has_not(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    (lab.root / "config/vocabularies.yaml").write_text("library_strategy: {HOME_MADE: {}}\n")
    lab.good(study(), biosamples(), illumina_run(library_strategy="home made"))
    lines = refused(lab, "ena", tmp_path / "out")
    assert len(lines) == 1
    assert "the archive has no library_strategy 'HOME_MADE'" in lines[0]


@pytest.mark.parametrize("term", ["MATE PAIR: {ena: Q}", "TRIPLE: {}", '"<x": {}', "1X: {ena: MATE PAIR}"])
def test_a_layout_of_ones_own_that_the_archive_has_not(tmp_path, term):
    lab = sequenced_lab(tmp_path / "lab")
    (lab.root / "config/vocabularies.yaml").write_text(f"library_layout_config: {{{term}}}\n")
    name = term.partition(":")[0].strip('"')
    lab.good(study(), biosamples(), illumina_run(library_layout_config=name, library_layout_nominal_length=None))
    lines = refused(lab, "ena", tmp_path / "out")
    assert len(lines) == 1
    assert "the archive has no library_layout_config" in lines[0]


def test_withdrawn_consent_never_leaves(tmp_path, schemas):
    lab = sequenced_lab(tmp_path / "lab")
    before = lab.head()
    withdrawn = [{"central_sample_id": SAMPLES[0]}, {"central_sample_id": SAMPLES[1], "consent_withdrawn": True}]
    lab.good(study(), {"biosamples": [*withdrawn, {"central_sample_id": SAMPLES[2]}]}, illumina_run())
    for number, words in enumerate([(), ("--rev", before)]):  # nor out of a revision from before
        code, _, err = lab.call("export", "ena", "-o", str(tmp_path / f"out{number}"), *words)
        assert code == 0
        assert SAMPLES[1] in err
        for path in (tmp_path / f"out{number}").rglob("*"):
            assert SAMPLES[1] not in path.name
            assert path.is_dir() or SAMPLES[1].encode() not in path.read_bytes()


def test_the_same_commit_gives_the_same_bytes(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    commit = lab.head()
    first = export(lab, "ena", tmp_path / "out")
    lab.good(study(), biosamples(), illumina_run(library_seq_kit="another"))
    assert export(lab, "ena", tmp_path / "again", "--rev", commit) == first
    assert export(lab, "ena", tmp_path / "out", "--rev", commit) == first  # the folder holds just this
    assert export(lab, "ena", tmp_path / "new") != first


def test_a_folder_with_anything_else_is_left_alone(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "outside").write_text("mine")
    (out / "experiment.xml").symlink_to(tmp_path / "outside")
    code, _, err = lab.call("export", "ena", "-o", str(out))
    assert (code, (tmp_path / "outside").read_text()) == (3, "mine")
    assert "holds something else" in err
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert lab.call("export", "ena", "-o", str(tmp_path / "link"))[0] == 3
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_nothing_is_written_into_the_records(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    assert lab.call("export", "ena", "-o", str(lab.records / "out"))[0] == 2
    assert lab.git("status", "--porcelain") == ""


def test_all_withdrawn_is_nothing_to_export(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    withdrawn = {"biosamples": [{"central_sample_id": of, "consent_withdrawn": True} for of in SAMPLES]}
    lab.good(study(), withdrawn, illumina_run())
    code, _, err = lab.call("export", "ena", "-o", str(tmp_path / "out"))
    assert code == 1
    assert all(f"{of} is left out: consent is withdrawn" in err for of in SAMPLES)
    assert not (tmp_path / "out").exists()


def test_only_what_is_named(tmp_path, schemas):
    other = illumina_run(sequencing_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, "x")), library_name="OTHER", study=None)
    lab = sequenced_lab(tmp_path / "lab", illumina_run(), other)
    for number, name in enumerate([STUDY, RUN_ID, "BIRM-LIBRARY-20200322"]):
        experiments, _ = parse(schemas, export(lab, "ena", tmp_path / f"out{number}", name))
        assert set(texts(experiments, ".//LIBRARY_NAME")) == {"BIRM-LIBRARY-20200322"}
    assert lab.call("export", "ena", "NOBODY", "-o", str(tmp_path / "none"))[0] == 2


def load_terms(project, name):
    return yaml.safe_load((project / "seqmeta" / name).read_text(encoding="utf-8"))


def covering_runs(terms):
    """Runs that have every term of every vocabulary between them."""
    fields = ("library_strategy", "library_source", "library_selection", "library_layout_config")
    columns = [list(terms[field]) for field in fields]
    models = [(make, model) for model, of in terms["instrument_model"].items() for make in makes_of(of)]
    longest = max(map(len, [*columns, models]))
    for index in range(longest):
        make, model = models[index % len(models)]
        said = {field: column[index % len(column)] for field, column in zip(fields, columns, strict=True)}
        yield illumina_run(**said, library_name=f"L{index}", sequencing_id=str(uuid.UUID(int=index + 1)))[
            "sequencing_run"
        ] | {"instrument_make": make, "instrument_model": model}


def makes_of(of):
    make = of["make"]
    return make if isinstance(make, list) else [make]


def test_every_term_of_the_vocabularies(tmp_path, project, schemas):
    terms = load_terms(project, "vocabularies.yaml")
    lab = sequenced_lab(tmp_path / "lab", *({"sequencing_run": run} for run in covering_runs(terms)))
    experiments, _ = parse(schemas, export(lab, "ena", tmp_path / "out"))
    for field in ("library_strategy", "library_source", "library_selection"):
        wanted = {(of or {}).get("ena", term) for term, of in terms[field].items()}
        assert set(texts(experiments, f".//{field.upper()}")) == wanted
    assert set(texts(experiments, ".//INSTRUMENT_MODEL")) == set(terms["instrument_model"])


def test_every_term_of_the_archive_in_a_vocabulary_of_ones_own(tmp_path, project, schemas):
    terms = load_terms(project, "archive_terms.yaml")
    fields = ("library_strategy", "library_source", "library_selection")
    lab = sequenced_lab(tmp_path / "lab")
    packaged = load_terms(project, "vocabularies.yaml")
    known = {field: {(of or {}).get("ena", term) for term, of in packaged[field].items()} for field in fields}
    own = {field: {term: {} for term in terms[field] if term not in known[field]} for field in fields}
    (lab.root / "config/vocabularies.yaml").write_text(yaml.safe_dump(own))
    runs = []
    for index in range(max(len(terms[field]) for field in fields)):
        said = {field: terms[field][index % len(terms[field])] for field in fields}
        runs.append(illumina_run(**said, library_name=f"L{index}", sequencing_id=str(uuid.UUID(int=index + 1))))
    lab.good(study(), biosamples(), *runs)
    experiments, _ = parse(schemas, export(lab, "ena", tmp_path / "out"))
    for field in fields:
        assert set(texts(experiments, f".//{field.upper()}")) == set(terms[field])


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=20).filter(
    lambda text: text.strip() == text
)


@st.composite
def random_runs(draw, terms):
    runs = []
    for index in range(draw(st.integers(1, 8))):
        make = draw(st.sampled_from(MAKES))
        models = [model for model, of in terms["instrument_model"].items() if make in makes_of(of)]
        fields = {
            **{
                field: draw(st.sampled_from(list(terms[field])))
                for field in ("library_strategy", "library_source", "library_selection", "library_layout_config")
            },
            "library_name": f"{draw(NAMES)}{index}",
            "library_seq_kit": draw(NAMES),
            "library_sop_name": draw(NAMES),
            "instrument_make": make,
            "instrument_model": draw(st.none() | st.sampled_from(models)),
            "library_layout_nominal_length": draw(st.none() | st.integers(1, 2**53 - 1))
            if make == "ILLUMINA"
            else None,
            "start_time": draw(st.none() | st.sampled_from(["2020-03-22 10:05", "2020-03-22T10:05:00.25+01:00"])),
            "biosamples": draw(st.lists(st.sampled_from(SAMPLES), min_size=1, unique=True)),
            "sequencing_id": str(uuid.UUID(int=index + 1)),
        }
        run = illumina_run()["sequencing_run"] | fields
        runs.append({"sequencing_run": {key: value for key, value in run.items() if value is not None}})
    return runs


def test_whatever_is_recorded_is_accepted(tmp_path, project, schemas):
    terms = load_terms(project, "vocabularies.yaml")
    rounds = iter(range(1000))

    @settings(max_examples=12)
    @given(random_runs(terms))
    def check(runs):
        number = next(rounds)
        lab = sequenced_lab(tmp_path / f"lab{number}", *runs)
        experiments, archived = parse(schemas, export(lab, "ena", tmp_path / f"out{number}"))
        assert len(archived) == sum(len(run["sequencing_run"]["biosamples"]) for run in runs)
        assert len(experiments) == len(archived)

    check()
