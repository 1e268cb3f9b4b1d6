"""Every way of altering what was sealed: each attack is named, with what it touched and the commit that did it."""

import json
import os
import random
import shutil
import sys

import pytest
from honest_store import (
    COMMITTER,
    ZERO,
    HonestStore,
    build_store,
    digest,
    order_uuid,
    path_of,
    render,
    root_of,
    submission_uuid,
    uuid_of,
)
from verifying import codes, found, judge, pretty

from seqmeta.git import Repository
from seqmeta.verification.facts import inspect_record
from seqmeta.verification.history import walk_history
from seqmeta.verification.scan import scan_objects
from seqmeta.verification.tags import check_tags

GROUP = uuid_of("asset_group", uuid_of("study", "Study 1"), "Group 1")
FIRST = submission_uuid(1)
SECOND = submission_uuid(2)
ORDER = order_uuid("1a")
SEALED_PATHS = [path_of("submission", FIRST), path_of("order", ORDER), path_of("asset_group", GROUP)]


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("sealed") / "records")


@pytest.fixture
def store(original, tmp_path):
    return original.copy_to(tmp_path / "records")


def record(store, path):
    return json.loads((store.path / path).read_bytes())


def altered(store, kind, identity, change):
    """The file of a record after `change` of its body, with the right digest and the next version."""
    version = store.versions[kind, identity][0]
    body = json.loads(json.dumps(store.bodies[kind, identity]))
    change(body)
    return {path_of(kind, identity): render(kind, body, version + 1)}


def test_the_honest_store_has_no_findings(store):
    verdict = judge(store)
    assert verdict.findings == ()
    assert (verdict.strength, verdict.seals) == ("consistent", 2)


@pytest.mark.parametrize("path", SEALED_PATHS)
def test_an_edit_in_the_work_tree(store, path):
    target = store.path / path
    target.write_bytes(target.read_bytes().replace(b"1", b"2", 1))
    assert [finding.object for finding in found(judge(store), "worktree_differs")] == [path]


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_hidden_by_a_flag_of_the_index(store, flag):
    path = SEALED_PATHS[1]
    store.git("update-index", flag, path)
    (store.path / path).write_bytes(b"{}\n")
    assert store.git("status", "--porcelain") == ""
    assert [finding.object for finding in found(judge(store), "worktree_differs")] == [path]


def test_an_edit_hidden_by_size_and_time(store):
    target = store.path / SEALED_PATHS[1]
    status = target.stat()
    content = target.read_bytes()
    target.write_bytes(content.replace(b"Tube 1.1", b"Tube 1.9"))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert found(judge(store), "worktree_differs")


def test_an_edit_hidden_by_a_file_system_monitor(store):
    store.git("config", "core.fsmonitor", "true")
    (store.path / SEALED_PATHS[0]).write_bytes(b"{}\n")
    assert found(judge(store), "worktree_differs")


def test_an_edit_that_is_staged_only(store):
    path = SEALED_PATHS[1]
    content = (store.path / path).read_bytes()
    (store.path / path).write_bytes(b"{}\n")
    store.git("add", path)
    (store.path / path).write_bytes(content)
    assert [finding.object for finding in found(judge(store), "index_differs")] == [path]


@pytest.mark.parametrize("path", SEALED_PATHS)
def test_an_edit_in_an_ordinary_commit(store, path):
    kind = next(iter(set(record(store, path)) - {"meta"}))
    commit = store.commit_files(altered(store, kind, record(store, path)[kind]["uuid"], lambda b: b.update(name="X")))
    finding = found(judge(store), "sealed_changed")[0]
    assert (finding.object, finding.commit) == (path, commit)
    assert FIRST in finding.message


@pytest.mark.parametrize("path", SEALED_PATHS)
def test_a_removal(store, path):
    commit = store.commit_files({path: None})
    assert (path, commit) in [(f.object, f.commit) for f in found(judge(store), "sealed_changed")]


@pytest.mark.parametrize("path", SEALED_PATHS)
def test_a_change_that_was_undone_later(store, path):
    content = (store.path / path).read_bytes()
    first = store.commit_files({path: content.replace(b"1", b"2", 1)})
    second = store.commit_files({path: content})
    assert {(f.object, f.commit) for f in found(judge(store), "sealed_changed")} == {(path, first), (path, second)}


@pytest.mark.parametrize("sides", ["branch first", "main first"])
def test_a_change_that_came_in_by_a_merge(store, sides):
    path = SEALED_PATHS[1]
    store.git("checkout", "-q", "-b", "side")
    commit = store.commit_files(altered(store, "order", ORDER, lambda body: body.update(name="X")))
    if sides == "main first":
        store.git("checkout", "-q", "main")
        store.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    else:
        store.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "Merge", "main")
        store.git("branch", "-f", "main", "side")
    assert (path, commit) in [(f.object, f.commit) for f in found(judge(store), "sealed_changed")]


def test_a_change_made_in_a_merge_commit_itself(store):
    path = SEALED_PATHS[1]
    store.git("checkout", "-q", "-b", "side", "HEAD~1")
    store.commit_files({"notes.txt": b"by hand\n"})
    store.git("checkout", "-q", "main")
    store.git("merge", "-q", "--no-ff", "--no-commit", "side")
    (store.path / path).write_bytes(altered(store, "order", ORDER, lambda body: body.update(name="X"))[path])
    store.git("add", "-A")
    store.git("commit", "-q", "-m", "Merge")
    assert (path, store.head()) in [(f.object, f.commit) for f in found(judge(store), "sealed_changed")]


def test_a_branch_from_before_the_seal_merged_in_the_wrong_direction(store):
    path = SEALED_PATHS[1]
    before = store.git("rev-parse", f"seal/{FIRST}^{{commit}}~1")
    store.git("checkout", "-q", "-b", "side", before)
    store.commit_files({"notes.txt": b"by hand\n"})
    main = store.git("rev-parse", "main")
    tree = store.git("rev-parse", "HEAD^{tree}")
    merge = store.git("commit-tree", tree, "-p", "HEAD", "-p", main, "-m", "Merge that keeps the old")
    store.git("update-ref", "refs/heads/main", merge)
    assert (path, merge) in [(f.object, f.commit) for f in found(judge(store), "sealed_changed")]


def test_another_beginning_merged_in_is_no_change_of_what_is_sealed(store):
    """It has an order as it never was here; the merge keeps what is sealed, and the other side has no seal to break."""
    head = store.head()
    store.git("checkout", "-q", "--orphan", "other")
    store.git("rm", "-rqf", ".")
    body = store.bodies["order", ORDER] | {"state": "building", "submission": None}
    path = path_of("order", ORDER)
    store.commit_files({path: render("order", {key: of for key, of in body.items() if of is not None}, 1)})
    other = store.head()
    store.git("checkout", "-q", "main")
    store.git("merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "Another beginning", other)
    assert store.git("rev-parse", "HEAD^{tree}") == store.git("rev-parse", f"{head}^{{tree}}")
    verdict = judge(store)
    assert "sealed_changed" not in codes(verdict)
    assert verdict.findings == ()


def test_an_honest_merge_is_no_change(store):
    store.git("checkout", "-q", "-b", "side", f"seal/{FIRST}^{{commit}}~1")
    store.commit_files({"notes.txt": b"by hand\n"})
    store.git("checkout", "-q", "main")
    store.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    assert judge(store).findings == ()


REQUEST_CHANGES = {
    "delete one": lambda requests: requests[1:],
    "delete all": lambda requests: [],
    "add one": lambda requests: [*requests, requests[0] | {"uuid": uuid_of("request", "forged")}],
    "duplicate one": lambda requests: [*requests, requests[0]],
    "reorder two": lambda requests: [requests[1], requests[0], *requests[2:]],
    "renumber": lambda requests: [requests[0] | {"uuid": uuid_of("request", "forged")}, *requests[1:]],
}


@pytest.mark.parametrize("change", REQUEST_CHANGES.values(), ids=REQUEST_CHANGES)
def test_a_changed_set_of_requests(store, change):
    path = path_of("submission", FIRST)

    def apply(body):
        body["requests"] = change(body["requests"])

    commit = store.commit_files(altered(store, "submission", FIRST, apply))
    verdict = judge(store)
    assert (path, commit) in [(f.object, f.commit) for f in found(verdict, "sealed_changed")]
    assert (path, commit) in [(f.object, f.commit) for f in found(verdict, "root_mismatch")]


def test_orders_swapped_between_two_sealed_submissions(store):
    one, two = (store.bodies["submission", uuid]["orders"] for uuid in (FIRST, SECOND))
    files = altered(store, "submission", FIRST, lambda body: body.update(orders=two))
    files |= altered(store, "submission", SECOND, lambda body: body.update(orders=one))
    store.commit_files(files)
    verdict = judge(store)
    paths = {path_of("submission", FIRST), path_of("submission", SECOND)}
    assert paths <= {f.object for f in found(verdict, "sealed_changed")}
    assert paths <= {f.object for f in found(verdict, "order_sequence")}


def test_orders_reordered_in_a_sealed_submission(store):
    store.commit_files(altered(store, "submission", FIRST, lambda body: body["orders"].reverse()))
    verdict = judge(store)
    assert found(verdict, "sealed_changed")
    assert found(verdict, "root_mismatch")


def rebuild(original, path, change):
    """The store that an attacker without the key makes: all of history again, with another content, roots and chain."""
    store = HonestStore(path)
    store.catalogue()
    store.commit("Catalogue")
    order = store.order("Order 1a", ["Tube 1.1", "Tube 1.2"], group="Group 1")
    second = store.order("Order 1b", ["Tube 1.3"])
    store.commit("Orders")
    submission = store.submission("Submission 1", [order, second])
    store.commit("Submission")
    store.submit(submission)
    change(store)
    store.commit("Submit")
    return store


def reseal(store, **changes):
    """Change the sealed body of submission 1 before it is committed, with a seal made anew."""
    body = store.bodies["submission", FIRST] | changes
    store.put("submission", store.sealed(body))


def test_sealed_with_a_wrong_root(original, tmp_path):
    def change(store):
        body = store.bodies["submission", FIRST]
        store.put("submission", body | {"seal": body["seal"] | {"root": "1" * 64}})

    store = rebuild(original, tmp_path / "r", change)
    assert found(judge(store), "root_mismatch")[0].object == path_of("submission", FIRST)


def test_sealed_over_digests_that_are_not_those_of_the_orders(original, tmp_path):
    def change(store):
        body = dict(store.bodies["submission", FIRST])
        digests = body["seal"]["orders"] | {ORDER: digest({"forged": True})}
        body["seal"] = {"orders": digests, "root": root_of(body, digests)}
        store.put("submission", body)

    store = rebuild(original, tmp_path / "r", change)
    assert {f.object for f in found(judge(store), "root_mismatch")} == {
        path_of("submission", FIRST),
        path_of("order", ORDER),
    }


@pytest.mark.parametrize("orders", ["fewer", "more", "none", "twice"])
def test_sealed_over_other_orders_than_the_submission_has(original, tmp_path, orders):
    def change(store):
        body = dict(store.bodies["submission", FIRST])
        references, digests = body["orders"], dict(body["seal"]["orders"])
        if orders == "fewer":
            digests.pop(ORDER)
        elif orders == "more":
            digests[order_uuid("other")] = digest({})
        elif orders == "twice":
            body["orders"] = [*references, references[0]]
        else:
            body["orders"] = []
        body["seal"] = {"orders": digests, "root": body["seal"]["root"]}
        store.put("submission", body)

    store = rebuild(original, tmp_path / "r", change)
    assert found(judge(store), "order_sequence")


def test_a_seal_with_more_in_it(original, tmp_path):
    def change(store):
        body = store.bodies["submission", FIRST]
        store.put("submission", body | {"seal": body["seal"] | {"more": "x"}})

    store = rebuild(original, tmp_path / "r", change)
    assert found(judge(store), "wrong_envelope")[0].object == path_of("submission", FIRST)


@pytest.mark.parametrize("field, value", [("upstream", uuid_of("request", "forged")), ("orders", order_uuid("loose"))])
def test_sealed_requests_that_name_what_is_outside_of_the_submission(original, tmp_path, field, value):
    def change(store):
        requests = store.bodies["submission", FIRST]["requests"]
        store.order("Order loose", [])
        reseal(store, requests=[requests[0] | {field: [value]}, *requests[1:]])

    store = rebuild(original, tmp_path / "r", change)
    assert found(judge(store), "request_set_changed")[0].object == path_of("submission", FIRST)


def test_sealed_with_orders_that_are_not(original, tmp_path):
    def change(store):
        store.put("order", store.bodies["order", ORDER] | {"state": "locked"})
        reseal(store)

    store = rebuild(original, tmp_path / "r", change)
    assert path_of("order", ORDER) in {f.object for f in found(judge(store), "state_mismatch")}


def test_sealed_with_an_order_that_names_another_submission(original, tmp_path):
    def change(store):
        link = {"uuid": SECOND, "name": "Submission 2"}
        store.put("order", store.bodies["order", ORDER] | {"submission": link})
        reseal(store)

    store = rebuild(original, tmp_path / "r", change)
    assert {f.object for f in found(judge(store), "state_mismatch")} == {
        path_of("order", ORDER),
        path_of("submission", FIRST),
    }


@pytest.mark.parametrize("change", REQUEST_CHANGES.values(), ids=REQUEST_CHANGES)
def test_sealed_with_other_requests_than_the_progress_record_has(original, tmp_path, change):
    def apply(store):
        reseal(store, requests=change(store.bodies["submission", FIRST]["requests"]))

    store = rebuild(original, tmp_path / "r", apply)
    assert codes(judge(store)) & {"request_set_changed", "state_mismatch"}


@pytest.mark.parametrize(
    "forged",
    [
        {"billable": True},
        {"billable": 0},
        {"price": "1"},
        {"options": {"read_length": 76}},
        {"initial_state": "blocked"},
        {"upstream": None},
        {"asset": {"uuid": uuid_of("asset", "Tube 1.2"), "name": "Tube 1.2"}},
    ],
    ids=repr,
)
def test_sealed_with_requests_that_its_orders_do_not_stand_for(original, tmp_path, forged):
    """Root, digest and tag are made to fit: it is what the requests say that does not follow from the orders."""

    def apply(store):
        first, *rest = store.bodies["submission", FIRST]["requests"]
        reseal(store, requests=[{key: value for key, value in (first | forged).items() if value is not None}, *rest])

    verdict = judge(rebuild(original, tmp_path / "r", apply))
    assert path_of("submission", FIRST) in {f.object for f in verdict.findings}
    assert codes(verdict) & {"request_set_changed", "malformed_record"}


def test_the_request_that_its_order_does_not_stand_for_is_named(original, tmp_path):
    def apply(store):
        *others, last = store.bodies["submission", FIRST]["requests"]
        reseal(store, requests=[*others, last | {"billable": True}])

    (finding,) = found(judge(rebuild(original, tmp_path / "r", apply)), "request_set_changed")
    assert finding.object == path_of("submission", FIRST)
    assert finding.message.endswith(": request 2 is not what its orders stand for: billable")


@pytest.mark.parametrize(("option", "is_sound"), [("76", True), (76, True), ("77", False), (True, False)])
def test_requests_have_options_as_their_type_reads_them_or_as_they_once_did_as_their_order(
    original, tmp_path, option, is_sound
):
    def apply(store):
        kind = store.bodies["request_type", uuid_of("request_type", "Library creation")]
        store.put("request_type", kind | {"options": {"read_length": {"type": "string"}}})
        requests = store.bodies["submission", FIRST]["requests"]
        reseal(store, requests=[request | {"options": {"read_length": option}} for request in requests])

    verdict = judge(rebuild(original, tmp_path / "r", apply))
    assert codes(verdict) == (set() if is_sound else {"request_set_changed"})


def test_sealed_over_orders_that_say_how_many_in_words(original, tmp_path):
    def apply(store):
        kind = store.bodies["request_type", uuid_of("request_type", "Library creation")]
        store.put("request_type", kind | {"multiplier_option": "copies"})
        order = store.bodies["order", ORDER]
        store.put("order", order | {"request_options": order["request_options"] | {"copies": "many"}})
        reseal(store)

    (finding,) = found(judge(rebuild(original, tmp_path / "r", apply)), "request_set_changed")
    assert finding.object == path_of("submission", FIRST)
    assert finding.message.endswith(": its orders are such that no requests follow from them")


def test_sealed_without_a_progress_record(original, tmp_path):
    store = rebuild(original, tmp_path / "r", lambda store: store.bodies.pop(("progress", uuid_of("progress", FIRST))))
    assert found(judge(store), "state_mismatch")[0].object == path_of("submission", FIRST)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "ready"},
        {"requests": [{"uuid": ORDER}]},
        {"seal": {"orders": {}, "root": ZERO}},
        {"state": "cancelled"},
    ],
    ids=["ready", "requests", "seal", "other state"],
)
def test_a_draft_edited_into_a_submitted_one_by_hand(store, changes):
    identity = uuid_of("submission", "Submission building")
    commit = store.commit_files(altered(store, "submission", identity, lambda body: body.update(changes)))
    finding = found(judge(store), "state_mismatch")[0]
    assert (finding.object, finding.commit) == (path_of("submission", identity), commit)


@pytest.mark.parametrize("state", ["sealed", "building", "withdrawn", "unheard of"])
def test_an_order_whose_state_is_not_that_of_its_submission(store, state):
    identity = order_uuid("loose")
    store.commit_files(altered(store, "order", identity, lambda body: body.update(state=state)))
    assert path_of("order", identity) in {f.object for f in found(judge(store), "state_mismatch")}


def test_an_order_that_says_it_is_sealed_and_is_in_no_submission(store):
    def change(body):
        body["state"] = "sealed"
        del body["submission"]

    store.commit_files(altered(store, "order", order_uuid("loose"), change))
    assert path_of("order", order_uuid("loose")) in {f.object for f in found(judge(store), "state_mismatch")}


def test_progress_of_a_submission_that_is_not_sealed(store):
    submission = uuid_of("submission", "Submission building")
    body = {"uuid": uuid_of("progress", submission), "submission": {"uuid": submission}, "state": "ready"}
    path = path_of("progress", body["uuid"])
    store.commit_files({path: render("progress", body | {"requests": {}, "percent": 0}, 1)})
    assert found(judge(store), "state_mismatch")[0].object == path


def test_progress_whose_percentage_is_no_number(store):
    identity = uuid_of("progress", FIRST)
    store.commit_files(altered(store, "progress", identity, lambda body: body.update(percent=False)))
    assert found(judge(store), "malformed_record")[0].object == path_of("progress", identity)


def test_progress_under_another_uuid(store):
    identity = uuid_of("progress", FIRST)
    other = uuid_of("progress", "other")
    body = store.bodies["progress", identity] | {"uuid": other}
    store.commit_files({path_of("progress", other): render("progress", body, 1)})
    assert found(judge(store), "state_mismatch")[0].object == path_of("progress", other)


def test_a_run_that_fulfils_a_request_that_was_never_sealed(store):
    run = store.sequencing_run("Run 1", [uuid_of("request", "forged")])
    store.commit()
    assert found(judge(store), "unknown_reference")[0].object == path_of("sequencing_run", run)


def test_a_run_that_fulfils_a_sealed_request(store):
    requests = [store.bodies["submission", FIRST]["requests"][0]["uuid"]]
    store.sequencing_run("Run 1", requests)
    store.commit()
    assert judge(store).findings == ()


def test_the_branch_put_back_by_one_seal(store):
    store.git("reset", "-q", "--hard", f"seal/{SECOND}^{{commit}}~1")
    assert [f.object for f in found(judge(store), "rolled_back")] == [f"seal/{SECOND}"]


def test_the_branch_removed(store):
    store.git("checkout", "-q", "--detach")
    store.git("branch", "-D", "main")
    assert len(found(judge(store), "rolled_back")) == 2


def test_the_branch_put_back_with_its_tag_is_consistent_only(store):
    store.git("reset", "-q", "--hard", f"seal/{SECOND}^{{commit}}~1")
    store.git("tag", "-d", f"seal/{SECOND}")
    assert judge(store).strength == "consistent"


@pytest.mark.parametrize("change", ["author", "date", "squash"])
def test_history_rewritten_with_the_same_content(store, change):
    tree = store.git("rev-parse", "HEAD^{tree}")
    if change == "squash":
        commit = store.git("commit-tree", tree, "-m", "All of it")
    else:
        arguments = ["--author", "X <x@example.org>"] if change == "author" else ["--date", "2001-01-01T00:00:00Z"]
        sealed = store.git("rev-parse", f"seal/{SECOND}^{{commit}}")
        store.git("checkout", "-q", "--detach", sealed)
        store.git("commit", "-q", "--amend", "--no-edit", *arguments)
        commit = store.git("commit-tree", tree, "-p", "HEAD", "-m", "Again")
    store.git("update-ref", "refs/heads/main", commit)
    assert f"seal/{SECOND}" in {f.object for f in found(judge(store), "rolled_back")}


def test_a_tag_removed(store):
    store.git("tag", "-d", f"seal/{FIRST}")
    verdict = judge(store)
    assert [f.object for f in found(verdict, "seal_without_tag")] == [f"seal/{FIRST}"]
    assert found(verdict, "seal_number")


def test_a_tag_put_in_the_place_of_another(store):
    store.git("update-ref", f"refs/tags/seal/{FIRST}", f"refs/tags/seal/{SECOND}")
    assert [f.object for f in found(judge(store), "tag_name_mismatch")] == [f"seal/{FIRST}"]


def test_a_tag_that_is_not_annotated(store):
    store.git("update-ref", f"refs/tags/seal/{FIRST}", f"refs/tags/seal/{FIRST}^{{commit}}")
    assert [f.object for f in found(judge(store), "malformed_tag")] == [f"seal/{FIRST}"]


def test_a_tag_of_a_tag(store):
    inner = store.git("rev-parse", f"refs/tags/seal/{FIRST}")
    text = store.read_tag(FIRST).replace(b"type commit", b"type tag")
    text = text.replace(text[7:47], inner.encode())
    store.write_tag(f"seal/{FIRST}", text)
    assert [f.object for f in found(judge(store), "malformed_tag")] == [f"seal/{FIRST}"]


def test_a_reference_instead_of_a_tag(store):
    store.git("symbolic-ref", f"refs/tags/seal/{FIRST}", "refs/heads/main")
    assert [f.object for f in found(judge(store), "malformed_tag")] == [f"seal/{FIRST}"]


@pytest.mark.parametrize(
    "name", ["forged", "forged/deeper", FIRST.upper(), uuid_of("submission", "Submission building")]
)
def test_a_tag_without_a_seal(store, name):
    store.write_tag(f"seal/{name}", store.tag_text(f"seal/{name}", store.head(), store.seal_message("1" * 64)))
    verdict = judge(store)
    assert [f.object for f in verdict.findings if f.code in {"malformed_tag", "tag_without_seal"}] == [f"seal/{name}"]


def test_a_tag_that_points_at_another_commit(store):
    text = store.read_tag(FIRST)
    store.write_tag(f"seal/{FIRST}", text.replace(text[7:47], store.head().encode()))
    assert [f.object for f in found(judge(store), "wrong_tag_target")] == [f"seal/{FIRST}"]


@pytest.mark.parametrize(
    "old, new, code",
    [
        ("number 2", "number 3", "seal_number"),
        ("number 2", "number 1", "seal_number"),
        ("number 2", "number 0", "malformed_tag"),
        ("number 2", "number 02", "malformed_tag"),
        ("number 2", "number 2\nnumber 2", "malformed_tag"),
        ("number 2", "number NaN", "malformed_tag"),
        ("number 2\n", "", "malformed_tag"),
        ("root ", "root 0", "malformed_tag"),
        ("root ", "format 2\nroot ", "malformed_tag"),
        (f"tag seal/{SECOND}", f"tag seal/{FIRST}", "tag_name_mismatch"),
        ("type commit", "type commit\ntype commit", "malformed_tag"),
        ("Example lab", "Another lab", "wrong_tagger"),
        (" +0000", " +0100", "wrong_tagger"),
    ],
)
def test_a_tag_made_anew_with_another_text(store, old, new, code):
    text = store.read_tag(SECOND).decode()
    assert old in text
    store.write_tag(f"seal/{SECOND}", text.replace(old, new, 1).encode())
    assert f"seal/{SECOND}" in [f.object for f in found(judge(store), code)]


@pytest.mark.parametrize(
    "field, code", [("root", "root_mismatch"), ("previous", "seal_chain"), ("store", "wrong_store")]
)
def test_a_tag_made_anew_with_another_hash(store, field, code):
    lines = store.read_tag(SECOND).decode().split("\n")
    lines = [line[:-1] + ("0" if line[-1] != "0" else "1") if line.startswith(field + " ") else line for line in lines]
    store.write_tag(f"seal/{SECOND}", "\n".join(lines).encode())
    assert f"seal/{SECOND}" in [f.object for f in found(judge(store), code)]


def test_two_tags_that_changed_their_numbers(store):
    roots = dict(store.seals)
    store.seals = []
    for identity in (SECOND, FIRST):
        commit = store.git("rev-parse", f"seal/{identity}^{{commit}}")
        time = store.git("log", "-1", "--format=%ct", commit)
        message = store.seal_message(roots[identity])
        text = store.tag_text(f"seal/{identity}", commit, message, f"{COMMITTER} {time} +0000")
        store.seals.append((identity, roots[identity]))
        store.write_tag(f"seal/{identity}", text)
    assert found(judge(store), "seal_number")


def test_a_seal_copied_from_another_store(store, tmp_path):
    other = HonestStore(tmp_path / "other")
    other.time -= 1000
    other.catalogue()
    other.commit("Another beginning")
    for (kind, _), body in store.bodies.items():
        if kind not in {"submission", "order", "progress", "asset_group"}:
            other.put(kind, body)
    order = other.order("Order 1a", ["Tube 1.1", "Tube 1.2"], group="Group 1")
    other.submission("Submission 1", [order, other.order("Order 1b", ["Tube 1.3"])])
    other.submit(FIRST)
    commit = other.commit("Submit")
    text = store.read_tag(FIRST).decode()
    assert other.read_tag(FIRST).decode().split("\nroot ")[1][:64] == text.split("\nroot ")[1][:64]  # the same work
    tagger = f"tagger {COMMITTER} {other.time} +0000\n\n"
    text = f"object {commit}\ntype commit\ntag seal/{FIRST}\n" + tagger + text.partition("\n\n")[2]
    other.write_tag(f"seal/{FIRST}", text.encode())
    assert codes(judge(other)) == {"wrong_store"}


def test_a_seal_that_covers_a_group_of_two_submissions(tmp_path):
    """A group shared by two sealed submissions may not change, and both are named."""
    store = HonestStore(tmp_path / "records")
    store.catalogue()
    orders = [store.order(f"Order {n}", ["Tube 1"], group="Shared") for n in (1, 2)]
    for number, order in enumerate(orders, start=1):
        store.submit(store.submission(f"Submission {number}", [order]))
    store.commit()
    assert judge(store).findings == ()
    group = uuid_of("asset_group", uuid_of("study", "Study 1"), "Shared")
    store.commit_files(altered(store, "asset_group", group, lambda body: body.update(name="X")))
    messages = [f.message for f in found(judge(store), "sealed_changed")]
    assert len(messages) == 2
    assert any(FIRST in message for message in messages)
    assert any(SECOND in message for message in messages)


def sealed_files(store):
    tracked = store.git("ls-files").splitlines()
    sealed = [path for path in tracked if path.startswith(("orders/", "submissions/", "asset_groups/"))]
    loose = {path_of("order", order_uuid("loose")), path_of("submission", uuid_of("submission", "Submission building"))}
    return [path for path in sealed if path not in loose]


def flips(content, chance):
    """Every way to change one byte of a content by one bit, which bit is left to chance."""
    for offset in range(len(content)):
        changed = bytearray(content)
        changed[offset] ^= 1 << chance.randrange(8)
        yield bytes(changed)


def test_every_flipped_byte_of_sealed_files_is_named(original, tmp_path):
    """One commit for every flip, each of another byte than the one before: each of them is named."""
    store = original.copy_to(tmp_path / "records")
    chance = random.Random(1)
    stream, expected = [], 0
    for path in sealed_files(store):
        content = (store.path / path).read_bytes()
        for data in (*flips(content, chance), content):
            start = b"from refs/heads/main^0\n" if not expected else b""
            stream.append(b"commit refs/heads/main\ncommitter x <x@example.org> 1800000000 +0000\ndata 1\nx\n" + start)
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
            expected += 1
    assert expected > 10_000
    store.git("fast-import", "--quiet", data=b"".join(stream))
    named = {(f.object, f.commit) for f in found(judge(store), "sealed_changed")}
    assert len(named) == expected


def test_every_flipped_byte_of_a_sealed_record_shows_in_itself_or_its_digest(original):
    """Also when history was made anew, so that no commit can be named; the version is left to the rule of history."""
    chance = random.Random(2)
    for uuid in (FIRST, SECOND):
        submission = (original.path / path_of("submission", uuid)).read_bytes()
        assert inspect_record(submission, set()).faults == ()
        assert all(shows(submission, changed) for changed in flips(submission, chance))
        for order in json.loads(submission)["submission"]["seal"]["orders"]:
            content = (original.path / path_of("order", order)).read_bytes()
            assert all(shows(content, changed) for changed in flips(content, chance))


def shows(content, changed):
    honest, found = inspect_record(content, set()), inspect_record(changed, set())
    return bool(found.faults) or found.version != honest.version


def test_every_flipped_byte_of_a_tag_is_found(original):
    """The tags made anew with each flip, so that the object's own hash is right."""
    repository = Repository.open(original.path)
    objects = scan_objects(repository)
    history = walk_history(repository, objects, original.head())
    refs = {f"seal/{uuid}": original.git("rev-parse", f"refs/tags/seal/{uuid}") for uuid in (FIRST, SECOND)}
    assert check_tags(refs, objects, history, set()).findings == []
    chance = random.Random(3)
    for name in refs:
        content = objects.tags[refs[name]]
        for changed in flips(content, chance):
            objects.tags["changed"] = changed
            findings = check_tags(refs | {name: "changed"}, objects, history, set()).findings
            assert name in {finding.object for finding in findings}, changed


def test_flipped_bytes_one_store_each(original, tmp_path):
    flip(original, tmp_path, random.Random(4), count=12)


@pytest.mark.soak
def test_more_flipped_bytes_one_store_each(original, tmp_path, seed):
    flip(original, tmp_path, random.Random(seed), count=2000)


def flip(original, tmp_path, chance, count):
    """Flip one bit of a byte, make it a commit or a tag as git would, and expect a run of its own to say so.

    Each in a copy of its own: what the flips before it left would be read by every verification behind them.
    """
    targets = [(path, (original.path / path).read_bytes()) for path in sealed_files(original)]
    targets += [(f"seal/{uuid}", original.read_tag(uuid)) for uuid in (FIRST, SECOND)]
    places = [(name, changed) for name, content in targets for changed in flips(content, chance)]
    for name, changed in chance.sample(places, count):
        store = original.copy_to(tmp_path / "records")
        if name.startswith("seal/"):
            store.write_tag(name, changed)
        else:
            store.commit_files({name: changed})
        assert name in {f.object for f in judge(store).findings}, changed
        shutil.rmtree(store.path)
    sys.stdout.write(f"{count} of {len(places)} flips found\n")


def test_another_file_among_the_records_is_nobodys_business(store):
    store.commit_files({"README.md": b"notes\n", "orders/notes.txt": b"by hand\n", "orders/ab/x.json": b"[1]"})
    (store.path / "untracked.txt").write_text("x")
    assert judge(store).findings == ()


def test_the_work_of_a_forger_who_could_rewrite_everything_is_consistent_only(original, tmp_path):
    """Without a key and without a checkpoint nothing can show it, and the verdict says no more than that."""
    store = rebuild(original, tmp_path / "r", lambda store: reseal(store, comments="forged"))
    assert judge(store).strength == "consistent"


def test_one_bad_record_does_not_hide_another(store):
    paths = SEALED_PATHS[:2]
    store.commit_files({path: pretty({"meta": {}}) for path in paths})
    assert set(paths) <= {f.object for f in found(judge(store), "wrong_envelope")}
