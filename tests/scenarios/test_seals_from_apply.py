"""Seals as apply makes them: digests, roots and tags computed anew from the committed bytes (CONTRACT 3, 7)."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from lab import dump
from ordering import STUDY, OrderLab, catalogue, order, progress, submission


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


@pytest.mark.parametrize(
    "signing, said",
    [
        ({"key": "key", "allowed_signers": "allowed"}, None),
        ({"key": "other", "allowed_signers": "allowed"}, "signed with a key that was not allowed at that time"),
        ({"allowed_signers": "allowed"}, "it is not signed, so `verify` will call it a violation"),
        ({"key": "key", "allowed_signers": "gone"}, "whether allowed keys signed the new seals was not found out"),
    ],
)
def test_a_seal_that_verify_will_not_take_is_told_at_once(
    tmp_path: Path, signing: dict[str, str], said: str | None
) -> None:
    for name in ("key", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    (tmp_path / "allowed").write_text(f"lab@example.org {(tmp_path / 'key.pub').read_text()}")
    lab = OrderLab(tmp_path / "lab", signing={key: str(tmp_path / name) for key, name in signing.items()})
    lab.describe(order(name="o1"), submission(name="s1", orders=["o1"]))
    code, out, _ = lab.call("apply")
    assert (code, "store: " in out) == (0, said is not None)
    assert said is None or said in out
    assert lab.call("verify")[0] == (0 if said is None else 3 if "gone" in signing.values() else 1)


def tree_root(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash as RFC 9162, 2.1.1 defines it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:half]) + tree_root(leaves[half:])).digest()


def expected_root(lab: OrderLab, name: str) -> str:
    """The root of a submission from the records in the work tree, by the words of CONTRACT 3."""
    body = lab.body("submission", name)
    orders = [lab.body("order", of["uuid"]) for of in body["orders"]]
    digests = ["sha256:" + hashlib.sha256(rfc8785.dumps(of)).hexdigest() for of in orders]
    assert body["seal"]["orders"] == {of["uuid"]: made for of, made in zip(orders, digests, strict=True)}
    leaves = [rfc8785.dumps({key: value for key, value in body.items() if key != "seal"})]
    leaves += [rfc8785.dumps({"digest": made, "uuid": of["uuid"]}) for of, made in zip(orders, digests, strict=True)]
    leaves += [rfc8785.dumps(request) for request in body["requests"]]
    return tree_root(leaves).hex()


def tag(lab: OrderLab, name: str) -> list[str]:
    """The lines of the tag of a submission's seal; the tag must be annotated."""
    ref = f"seal/{lab.body('submission', name)['uuid']}"
    assert lab.git("cat-file", "-t", ref) == "tag"
    return lab.git("for-each-ref", "--format=%(contents)", f"refs/tags/{ref}").splitlines()


def plates(*names: str) -> list[dict[str, Any]]:
    orders = [order(f"o{name}", template="Multiplexed", assets=["tube1", "tube2"]) for name in names]
    return [*orders, *(submission(f"o{name}", name=f"s{name}") for name in names)]


def test_every_seal_can_be_computed_anew(lab):
    lab.quiet(
        order("o1", assets=["tube1", "tube2"]), order("o2", study="Other study"), submission("o2", "o1", priority=1)
    )
    body = lab.body("submission", "s1")
    assert body["seal"].keys() == {"orders", "root"}
    assert body["seal"]["root"] == expected_root(lab, "s1")
    first = lab.git("rev-list", "--max-parents=0", "HEAD")
    assert tag(lab, "s1") == [f"root {body['seal']['root']}", "number 1", f"previous {'0' * 64}", f"store {first}"]
    assert lab.git("rev-parse", f"seal/{body['uuid']}^{{commit}}") == lab.head()


def test_seals_count_on_and_name_the_one_before(lab):
    lab.good(*plates("1"))
    lab.good(*plates("1", "2", "3"))
    lab.good(*plates("1", "2", "3", "4"))
    later = sorted(("s2", "s3"), key=lambda name: lab.body("submission", name)["uuid"])
    previous = "0" * 64
    for number, name in enumerate(["s1", *later, "s4"], 1):
        root = expected_root(lab, name)
        assert lab.body("submission", name)["seal"]["root"] == root
        assert tag(lab, name)[:3] == [f"root {root}", f"number {number}", f"previous {previous}"]
        previous = root
    assert lab.call("verify")[0] == 0


def sealed_bytes(lab: OrderLab) -> dict[str, bytes]:
    folders = ("orders", "submissions", "asset_groups")
    return {str(path): path.read_bytes() for folder in folders for path in (lab.records / folder).glob("*/*.json")}


def test_sealed_bytes_outlive_all_that_they_came_from(lab):
    group = {"asset_group": {"name": "Plate", "study": STUDY, "assets": ["tube3"]}}
    work = [
        order("o1", asset_group_name="Mine"),
        order("o2", assets=None, asset_group_name="Plate"),
        submission("o1", "o2"),
    ]
    lab.quiet(group, *work)
    before = sealed_bytes(lab)
    text = dump(*catalogue({"Paired end sequencing": {"pooling": "order"}}))
    steps = [
        text.replace("name: Cohort", "name: Older").replace("name: Grant", "name: Purse"),
        text.replace("asset_type: sample_tube", "asset_type: well"),
        text.replace("- Paired end sequencing", "- Quality control").replace(
            "- name: Library creation\n", "- name: Renamed\n"
        ),
        dump(*catalogue({"Library creation": {}})[:2]),
        "",
    ]
    for step in steps:
        lab.write("catalogue.yaml", step)
        answer = lab.apply(*work)
        assert answer["code"] == 0 or "order_template" in {of["path"].split(".")[0] for of in answer["problems"]}
        assert sealed_bytes(lab) == before
    lab.good(work[2])
    lab.good({"study": {"name": "Nothing else"}})
    lab.stock()
    lab.good(*work, progress({"asset": "tube1", "request_type": "Library creation", "event": "start"}))
    assert sealed_bytes(lab) == before
    assert [record["submission"]["seal"]["root"] for record in lab.list_records("submission")] == [
        expected_root(lab, "s1")
    ]
    assert lab.call("verify")[0] == 0
    assert lab.git("status", "--porcelain") == ""


def test_a_sealed_record_has_the_digest_of_its_body(lab):
    lab.quiet(order(), submission())
    for kind in ("order", "submission", "progress", "asset_group", "request_type"):
        for record in lab.list_records(kind):
            made = hashlib.sha256(rfc8785.dumps(record[kind])).hexdigest()
            assert record["meta"] == {"digest": f"sha256:{made}", "schema": f"{kind}/1", "version": 1}
            path = next((lab.records).glob(f"*/*/{record[kind]['uuid']}.json"))
            text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
            assert path.read_bytes() == text.encode()


def test_nothing_is_tagged_before_it_is_sealed(lab):
    lab.quiet(order(), {"submission": {"name": "s1", "orders": ["o1"]}})
    assert lab.git("tag") == ""
    lab.refused(order(), submission(priority=9))
    assert lab.git("tag") == ""
