"""Canonical bytes against two independent writers: the `rfc8785` package and the standard library's json."""

import hashlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmeta.canonical import canonical_bytes, digest, digest_of_parsed, parse_record, record_bytes
from seqmeta.errors import CorruptRecordError
from seqmeta.kinds import load_kinds

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
AWKWARD_TEXT = st.text(
    st.sampled_from('a\x00\x1f\x7f"\\/é\u2028\ud7ff\ue000\ufb33\uffff\U00010000\U0001f600'), max_size=3
)
KEYS = TEXT | AWKWARD_TEXT
ATOMS = st.none() | st.booleans() | TEXT | AWKWARD_TEXT | st.integers(-(2**53) + 1, 2**53 - 1)
BODIES = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
RECORDS = st.dictionaries(KEYS, BODIES, max_size=4)


@settings(max_examples=500)
@given(BODIES)
def test_canonical_bytes_are_those_of_rfc8785(body: Any) -> None:
    assert canonical_bytes(body) == rfc8785.dumps(body)


@settings(max_examples=500)
@given(RECORDS)
def test_record_bytes_are_those_of_json_dumps(record: dict[str, Any]) -> None:
    expected = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert record_bytes(record) == expected.encode()


@given(RECORDS)
def test_a_record_reads_back_to_itself(record: dict[str, Any]) -> None:
    assert parse_record(record_bytes(record), "p") == record


@given(RECORDS)
def test_the_digest_of_what_was_parsed_is_that_of_rfc8785(record: dict[str, Any]) -> None:
    expected = hashlib.sha256(rfc8785.dumps(record)).hexdigest()
    assert digest_of_parsed(parse_record(record_bytes(record), "p")) == f"sha256:{expected}"


@given(BODIES, BODIES)
def test_different_bodies_have_different_bytes(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical_bytes(one) == canonical_bytes(other)) == same


def test_keys_are_sorted_as_in_rfc_8785_section_3_2_3() -> None:
    body = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\x80": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    expected = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]  # fmt: skip
    assert list(json.loads(canonical_bytes(body)).values()) == expected


def test_digest_is_sha256_of_the_canonical_form() -> None:
    # printf '{"a":1}' | sha256sum
    assert digest({"a": 1}) == "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), 2**80, b"x", (1,), {1: "a"}, {None: 1}, "\ud800", {"\udfff": 1}, {"a": {1}}],
)
def test_what_no_body_may_hold_is_refused(value: Any) -> None:
    for body in (value, [value], {"k": [value]}):
        with pytest.raises(ValueError):
            canonical_bytes(body)
        with pytest.raises(ValueError):
            record_bytes({"k": body})


def test_endless_bodies_are_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="ecursion"):
        canonical_bytes(loop)


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "not JSON"),
        (b'{\n  "a": 1', r"p\.json:2:9: not JSON"),
        (b'{\n  "a": 1,\n}\n', r"p\.json:[23]:[19]: not JSON"),
        (b'{\n  "a": 1,\n  "a": 1\n}\n', "key 'a' stands twice"),
        (b'{\n  "a": 1,\n  "b": 1,\n  "b": 2\n}\n', "key 'b' stands twice"),
        (b'{\n  "a": NaN\n}\n', "NaN is not JSON"),
        (b'{\n  "a": 1.5\n}\n', "1.5 cannot be part of a record"),
        (b'{\n  "a": 1.0\n}\n', "1.0 cannot be part of a record"),
        (b'{\n  "a": 9007199254740992\n}\n', "9007199254740992 cannot be part of a record"),
        (b'{\n  "a": 99999999999999999999999\n}\n', "cannot be part of a record"),
        (b'\xef\xbb\xbf{\n  "a": 1\n}\n', "BOM"),
        (b'{\n  "a": 1\n}\n{}', r"p\.json:4:1: not JSON: extra data"),
        (b'{\n  "a": 1\n}', "not in canonical form"),
        (b'{\n  "a": 1\n}\n\n', "not in canonical form"),
        (b'{"a": 1}\n', "line 1: '{\"a\": 1}' instead of '{'"),
        (b'{\n  "b": 1,\n  "a": 1\n}\n', "line 2"),
        (b'{\r\n  "a": 1\r\n}\r\n', "line 1"),
        (b'{\n  "a": "\\u0041"\n}\n', "line 2"),
        (b'{\n  "a": "\\ud800"\n}\n', "p.json"),
        (b'{\n  "a": "\xff"\n}\n', "not UTF-8 at byte 10"),
        ('{\n  "a": 1\n}\n'.encode("utf-16"), "p.json"),
        (b'// c\n{\n  "a": 1\n}\n', r"p\.json:1:1: not JSON"),
        (b"[]\n", "a record is a JSON object, this is a list"),
        (b"null\n", "a record is a JSON object, this is null"),
        (b"[" * 100_000, r"p\.json: nested too deeply"),
        (b"[" * 400 + b"]" * 400, "p.json"),
    ],
)
def test_what_is_not_the_one_form_is_no_record(data: bytes, message: str) -> None:
    with pytest.raises(CorruptRecordError, match=message):
        parse_record(data, "p.json")


def test_record_path_has_the_first_two_of_the_uuid() -> None:
    uuid = "9e2b8ac0-36c9-5f6e-9c9f-0d4b1f5b3c11"
    assert load_kinds()["library"].path(uuid) == f"libraries/9e/{uuid}.json"
