"""`seqmeta show`: one record, request or pool, now or as it was, with what belongs to it (CONTRACT 4 and 7)."""

import uuid

import pytest
from ordering import building, order, submission
from reading import CREATION, NAMESPACE, ORDER, RUN_ID, SEQUENCING, SUBMISSION, ReadingLab, tell_story

from seqmeta import git_command


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> ReadingLab:
    return tell_story(tmp_path_factory.mktemp("story") / "lab")


def test_a_record_is_shown_as_it_is_stored(lab):
    stored = (lab.records / f"orders/{ORDER[:2]}/{ORDER}.json").read_text()
    for name in ("o1", "order/o1", "orders/o1", ORDER, ORDER.upper(), f"order/{ORDER}"):
        assert lab.text("show", name, "--format", "json") == stored


def test_an_order_leads_to_its_requests_and_the_run_that_fulfils_them(lab):
    text = lab.text("show", "o1")
    for uuid_ in (SUBMISSION, *lab.requests(CREATION), *lab.requests(SEQUENCING), RUN_ID):
        assert uuid_ in text
    assert "2 Library creation (1 passed, 1 failed)" in text
    assert "BIRM-LIBRARY-20200322" in text
    assert "BIRM-XXXXX" in text


def test_a_run_leads_back_to_request_order_submission_and_study(lab):
    for name in (RUN_ID, "first run"):
        text = lab.text("show", name)
        assert lab.requests(SEQUENCING)[0] in text
        assert lab.requests(SEQUENCING)[1] not in text
        for expected in (ORDER, SUBMISSION, "Cohort", "Grant", "BIRM-ZZZZZ"):
            assert expected in text


def test_a_biosample_leads_to_its_library_run_tube_and_order(lab):
    text = lab.text("show", "BIRM-XXXXX")
    for expected in ("BIRM-LIBRARY-20200322", RUN_ID, "sampled0", ORDER):
        assert expected in text
    assert "sampled1" not in text
    never_ordered = lab.text("show", "BIRM-ZZZZZ")
    assert RUN_ID in never_ordered
    assert "sampled2" in never_ordered
    assert ORDER not in never_ordered


def test_a_library_leads_to_its_runs_and_their_orders(lab):
    text = lab.text("show", "BIRM-LIBRARY-20200322")
    for expected in (RUN_ID, ORDER, "BIRM-YYYYY"):
        assert expected in text


def test_a_request_is_shown_out_of_its_submission(lab):
    passed, failed = lab.requests(CREATION)
    body = lab.json("show", failed)["request"]
    assert (body["uuid"], body["state"], body["submission"]) == (failed, "failed", {"uuid": SUBMISSION, "name": "s1"})
    stored = next(of for of in lab.body("submission", "s1")["requests"] if of["uuid"] == failed)
    assert stored.items() <= body.items()
    text = lab.text("show", f"request/{passed}")
    assert "start: pending → started" in text
    assert "pass: started → passed" in text
    assert ORDER in text


def test_versions_are_the_newest_commits_that_have_them(lab):
    assert lab.json("show", "o1@1")["order"]["comments"] == "one for a start"
    assert lab.json("show", "order/o1@2")["meta"]["version"] == 2
    assert lab.json("show", f"{ORDER}@1")["meta"]["version"] == 1
    assert "there is no version 7 of order o1: the last is 2" in lab.fails(2, "show", "o1@7")


def test_a_revision_shows_what_was_then(lab):
    first = lab.git("rev-list", "--max-parents=0", "HEAD")
    for rev in (first, first[:10], "HEAD~2"):
        assert lab.json("show", "o1", "--rev", rev)["order"]["state"] == "building"
    assert lab.fails(2, "show", "s1", "--rev", first)
    assert "is not a revision" in lab.fails(3, "show", "o1", "--rev", "nowhere")
    assert "is not a revision" in lab.fails(3, "show", "o1", "--rev=--help")


def test_a_name_nobody_has_gets_a_suggestion(lab):
    assert "did you mean BIRM-LIBRARY-20200322?" in lab.fails(2, "show", "BIRM-LIBRARY-20200323")
    assert "did you mean asset/sampled" in lab.fails(2, "show", "asset/sampled")
    assert "did you mean" not in lab.fails(2, "show", "order/BIRM-LIBRARY-20200323")
    assert lab.fails(2, "show", str(uuid.UUID(int=5)))
    assert lab.fails(2, "show", "\udcff")


def test_a_name_of_several_things_lists_them(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good({"study": {"name": "Both"}}, {"project": {"name": "Both"}})
    complaint = lab.fails(2, "show", "Both")
    for kind in ("study", "project"):
        assert f"{kind}/{uuid.uuid5(NAMESPACE, kind + chr(10) + 'Both')}" in complaint
        assert lab.json("show", f"{kind}/Both")[kind]["name"] == "Both"


def test_a_version_is_only_read_where_no_exact_name_matches(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good({"studies": [{"name": "A"}, {"name": "A@1"}]})
    assert lab.json("show", "A@1")["study"]["name"] == "A@1"


def test_a_kind_before_a_name_is_no_part_of_it_unless_nothing_else_fits(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good({"studies": [{"name": "A"}, {"name": "study/A"}, {"name": "study/B"}]})
    for asked, found in (("study/A", "A"), ("study/study/A", "study/A"), ("study/B", "study/B")):
        assert lab.json("show", asked)["study"]["name"] == found


def test_a_cancelled_submission_says_so_and_keeps_its_record(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order(), submission())
    sealed = lab.record("submission", "s1")
    lab.good(order(), submission(cancel=True))
    assert lab.record("submission", "s1") == sealed
    shown = lab.json("show", "s1")
    assert shown.pop("state") == "cancelled"
    assert shown == sealed
    assert "cancelled" in lab.text("show", "s1")
    assert lab.json("show", lab.requests(CREATION)[0])["request"]["state"] == "cancelled"


def test_a_pool_is_shown_with_what_went_in_and_what_works_on_it(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order(template="Multiplexed", assets=["tube1", "tube2"]), submission())
    pool = lab.body("submission", "s1")["requests"][-1]["pool"]
    shown = lab.json("show", pool["uuid"])["pool"]
    assert shown["upstream"] == lab.requests("Multiplexed library creation")
    assert shown["requests"] == lab.requests(SEQUENCING)
    assert lab.json("show", f"pool/{pool['name']}")["pool"] == shown
    assert lab.requests(SEQUENCING)[0] in lab.text("show", pool["uuid"])


def test_nothing_to_show_before_the_first_run(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    for words in (["show", "o1"], ["list", "order"], ["log", "o1"], ["blame", "o1"], ["diff", "HEAD"]):
        assert "there are no records" in lab.fails(3, *words)


URL = "http://www.example.com/api/1"


def actions(lab: ReadingLab, kind: str, name: str) -> dict[str, str]:
    return lab.json("show", f"{kind}/{name}", "--as", "sequencescape", "--base-url", URL)[kind]["actions"]


def test_sequencescape_actions_say_what_may_be_done_now(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    here, there = f"{URL}/{ORDER}", f"{URL}/{SUBMISSION}"
    assert actions(lab, "order", "o1") == {"read": here, "update": here}
    lab.good(order(), building("o1"))
    assert actions(lab, "order", "o1") == {"read": here}
    assert actions(lab, "submission", "s1") == {"read": there, "update": there, "submit": f"{there}/submit"}
    lab.good(order(), submission())
    assert actions(lab, "order", "o1") == {"read": here}
    assert actions(lab, "submission", "s1") == {"read": there}


def test_sequencescape_shapes_are_those_of_its_api(lab):
    shown = lab.json("show", "o1", "--as", "sequencescape")["order"]
    study = lab.body("study", "Cohort")["uuid"]
    assert shown["study"] == {
        "actions": {"read": f"http://localhost/api/1/{study}"},
        "name": "Cohort",
        "uuid": study,
    }
    assert [of["name"] for of in shown["request_types"]] == [CREATION, SEQUENCING]
    assert [of["name"] for of in shown["assets"]] == ["sampled0", "sampled1"]
    template = lab.json("show", "Simple", "--as", "sequencescape", "--base-url", URL)["order_template"]
    assert template["orders"] == {"actions": {"create": f"{URL}/{template['uuid']}/orders"}}
    whole = lab.json("show", "s1", "--as", "sequencescape")["submission"]
    assert [of["uuid"] for of in whole["orders"]] == [ORDER]
    assert [of["state"] for of in whole["requests"]] == ["passed", "failed", "started", "cancelled"]
    assert "seal" not in whole
    assert "expected one of order" in lab.fails(2, "show", "BIRM-XXXXX", "--as", "sequencescape")


def test_majora_bodies_are_of_its_later_form(lab):
    assert lab.json("show", RUN_ID, "--as", "majora") == {
        "library_name": "BIRM-LIBRARY-20200322",
        "runs": [{"sequencing_id": RUN_ID, "run_name": "first run", "instrument_make": "OXFORD_NANOPORE"}],
    }
    shown = lab.json("show", "BIRM-LIBRARY-20200322", "--as", "majora")
    assert shown["library_seq_protocol"] == "LIGATION"
    assert not {"uuid", "library_source", "library_selection", "library_strategy"} & shown.keys()
    assert shown["biosamples"][0] == {
        "central_sample_id": "BIRM-XXXXX",
        "library_source": "VIRAL_RNA",
        "library_selection": "PCR",
        "library_strategy": "AMPLICON",
    }
    refusal = "there is no majora form of order records: expected one of library, sequencing_run"
    assert refusal in lab.fails(2, "show", "o1", "--as", "majora")


def test_what_a_biosample_says_itself_wins_in_majora(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    terms = {"library_source": "GENOMIC", "library_strategy": "WGS", "library_selection": "PCR"}
    own = {"central_sample_id": "S1", **terms}
    library = {
        "library_name": "L1",
        "library_layout_config": "SINGLE",
        "library_seq_kit": "LSK109",
        "library_seq_protocol": "LIGATION",
        "library_source": "METAGENOMIC",
        "biosamples": [{**own, "barcode": "02", "sequencing_org_received_date": "2020-03-21"}],
    }
    run = {"sequencing_id": RUN_ID, "library_name": "L1", "instrument_make": "OXFORD_NANOPORE"}
    times = {"start_time": "2020-03-22T12:05:30+02:00", "end_time": "2020-03-23 10:05"}
    lab.good({"biosample": {"central_sample_id": "S1"}}, {"library": library}, {"sequencing_run": {**run, **times}})
    (sample,) = lab.json("show", "L1", "--as", "majora")["biosamples"]
    assert sample == {**own, "barcode": "02", "sequencing_org_received_date": "2020-03-21"}
    (shown,) = lab.json("show", RUN_ID, "--as", "majora")["runs"]
    assert (shown["start_time"], shown["end_time"]) == ("2020-03-22 10:05", "2020-03-23 10:05")


def test_no_colours_where_no_terminal_is(lab):
    assert "\x1b" not in lab.text("show", "o1")


def test_what_people_wrote_cannot_steer_a_terminal(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good({"study": {"name": "S", "description": "one\ntwo"}})
    assert r"one\ntwo" in lab.text("show", "S")


def count_processes(lab: ReadingLab, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    started = []
    real = git_command._start
    with monkeypatch.context() as patch:
        patch.setattr(git_command, "_start", lambda command, *rest: started.append(command) or real(command, *rest))
        lab.text(*words)
    return len(started)


def test_more_records_take_no_more_processes(tmp_path, monkeypatch):
    few, many = ReadingLab(tmp_path / "few"), ReadingLab(tmp_path / "many")
    few.good(order(), submission())
    names = [f"o{number}" for number in range(1, 13)]
    many.good(*(order(name, assets=[f"tube{name[1:]}"]) for name in names), submission(*names))
    for words in (["show", "s1"], ["show", "Cohort"], ["show", "tube1"], ["list", "order"], ["report", "charges"]):
        assert count_processes(few, monkeypatch, *words) == count_processes(many, monkeypatch, *words)
