"""Roots by the contract's definition of the leaves, seal and checkpoint texts that can be read in one way only."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqmeta.seals import (
    Checkpoint,
    Seal,
    next_seals,
    parse_checkpoint,
    parse_seal,
    render_checkpoint,
    render_seal,
    seal_root,
)

A, B = "a" * 64, "b" * 64
ZERO = "0" * 64
STORE = "c" * 40
SIGNATURE = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAA\nAQ==\n-----END SSH SIGNATURE-----\n"
SEAL_TEXT = f"root {A}\nnumber 12\nprevious {B}\nstore {STORE}\n"
CHECKPOINT_TEXT = f"seqmeta-checkpoint/1 {STORE} 12 {A} {'d' * 40}\n"

HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
COMMITS = st.text("0123456789abcdef", min_size=40, max_size=40)


def leaf(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"\0" + text.encode()).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def test_the_leaves_are_submission_then_orders_then_requests():
    requests = [{"uuid": "r1"}, {"uuid": "r2"}]
    submission = {"uuid": "s", "state": "ready", "requests": requests}
    orders = [("o1", "sha256:01"), ("o2", "sha256:02")]
    s, o1, o2, r1, r2 = (
        leaf(submission),
        leaf({"digest": "sha256:01", "uuid": "o1"}),
        leaf({"digest": "sha256:02", "uuid": "o2"}),
        leaf({"uuid": "r1"}),
        leaf({"uuid": "r2"}),
    )
    expected = node(node(node(s, o1), node(o2, r1)), r2).hex()
    assert seal_root(submission, orders, requests) == expected
    assert seal_root(submission | {"seal": {"root": "x"}}, orders, requests) == expected


def test_the_root_depends_on_every_order_and_place():
    def root(body, orders, requests):
        return seal_root(body, orders, requests)

    base = ({"uuid": "s"}, [("o1", "1"), ("o2", "2")], [{"uuid": "r1"}, {"uuid": "r2"}])
    others = [
        ({"uuid": "t"}, base[1], base[2]),
        (base[0], base[1][::-1], base[2]),
        (base[0], [("o1", "2"), ("o2", "1")], base[2]),
        (base[0], base[1][:1], base[2]),
        (base[0], base[1], base[2][::-1]),
        (base[0], base[1], base[2][:1]),
        (base[0], base[1], base[2] * 2),
    ]
    assert len({root(*case) for case in [base, *others]}) == 8


@given(HASHES, st.integers(1, 10**15), HASHES, COMMITS, st.sampled_from(["", SIGNATURE]))
def test_a_seal_reads_back_to_itself(root, number, previous, store, signature):
    assert parse_seal(render_seal(root, number, previous, store) + signature) == Seal(root, number, previous, store)


@pytest.mark.parametrize(
    "text",
    [
        "",
        SEAL_TEXT[:-1],
        SEAL_TEXT + "\n",
        "\n" + SEAL_TEXT,
        SEAL_TEXT.replace(f"root {A}", f"root {A}\nroot {B}"),
        SEAL_TEXT + f"root {B}\n",
        SEAL_TEXT.replace("number 12", "number 012"),
        SEAL_TEXT.replace("number 12", "number 0"),
        SEAL_TEXT.replace("number 12", "number -1"),
        SEAL_TEXT.replace("number 12", "number +1"),
        SEAL_TEXT.replace("number 12", "number 1_2"),
        SEAL_TEXT.replace("number 12", "number \u0661"),
        SEAL_TEXT.replace("number 12", "number NaN"),
        SEAL_TEXT.replace("number 12", "number " + "9" * 17),
        SEAL_TEXT.replace(A, A.upper()),
        SEAL_TEXT.replace(A, A[:-1]),
        SEAL_TEXT.replace(A, A + "a"),
        SEAL_TEXT.replace(STORE, STORE[:-1]),
        SEAL_TEXT.replace("root ", "root  "),
        SEAL_TEXT.replace("\n", "\r\n"),
        SEAL_TEXT + "format 2\n",
        SEAL_TEXT + "-----BEGIN PGP SIGNATURE-----\nAA==\n-----END PGP SIGNATURE-----\n",
        SEAL_TEXT + SIGNATURE + SIGNATURE,
        SEAL_TEXT + SIGNATURE + "more\n",
        SEAL_TEXT + SIGNATURE[:-1],
        SEAL_TEXT + SIGNATURE.replace("U1NI", "U1NI\nroot"[:4] + " root"),
    ],
)
def test_what_is_not_exactly_a_seal_is_refused(text):
    with pytest.raises(ValueError, match="not a seal"):
        parse_seal(text)


def test_the_chain_goes_on_by_uuid():
    assert next_seals([], [("u2", B), ("u1", A)], STORE) == [
        ("seal/u1", render_seal(A, 1, ZERO, STORE)),
        ("seal/u2", render_seal(B, 2, A, STORE)),
    ]
    existing = [Seal(B, 2, A, STORE), Seal(A, 1, ZERO, STORE)]
    assert next_seals(existing, [("u3", "e" * 64)], STORE) == [("seal/u3", render_seal("e" * 64, 3, B, STORE))]
    assert next_seals(existing, [], STORE) == []


@given(COMMITS, st.integers(1, 10**15), HASHES, COMMITS)
def test_a_checkpoint_reads_back_to_itself(store, number, root, commit):
    checkpoint = Checkpoint(store, number, root, commit)
    if root != ZERO:
        assert parse_checkpoint(render_checkpoint(checkpoint)) == checkpoint


def test_a_checkpoint_is_the_line_of_the_contract():
    checkpoint = Checkpoint(STORE, 12, A, "d" * 40)
    assert render_checkpoint(checkpoint) == CHECKPOINT_TEXT
    assert parse_checkpoint(CHECKPOINT_TEXT.strip()) == checkpoint
    unsealed = Checkpoint(STORE, 0, ZERO, "d" * 40)
    assert parse_checkpoint(render_checkpoint(unsealed)) == unsealed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        CHECKPOINT_TEXT * 2,
        CHECKPOINT_TEXT + "\n",
        " " + CHECKPOINT_TEXT,
        CHECKPOINT_TEXT.replace("/1", "/2"),
        CHECKPOINT_TEXT.replace(" 12 ", " 012 "),
        CHECKPOINT_TEXT.replace(" 12 ", " 0 "),
        CHECKPOINT_TEXT.replace(" 12 ", " -1 "),
        CHECKPOINT_TEXT.replace(A, ZERO),
        CHECKPOINT_TEXT.replace(A, A[1:]),
        CHECKPOINT_TEXT.replace("d" * 40, "d" * 39),
        CHECKPOINT_TEXT.replace(STORE, STORE.upper()),
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(text):
    with pytest.raises(ValueError, match="not a checkpoint"):
        parse_checkpoint(text)
