"""A value is read exactly as it was written, or refused with its place: never changed silently."""

import os
import random
import sys

import pytest
from yaml_spellings import Writer, read_as

from seqmeta.reader import read_yaml

BATCH = 200
REFUSED = {
    "{key}: &a x": "alias_not_allowed",
    "{key}: *a": "alias_not_allowed",
    "{key}: !t x": "tag_not_allowed",
    "{key}: !!str x": "tag_not_allowed",
    "{key}: [x, &a y]": "alias_not_allowed",
    "<<: {{a: b}}": "alias_not_allowed",
    "{key}: x\n'{key}': y": "duplicate_key",
    '{key}: x\n"\\x6bey": y': "duplicate_key",
    '{key}: "a\\x07b"': "invalid_text",
    '{key}: "a\\ud800b"': "invalid_text",
    "{key}: a\x1bb": "invalid_text",
    "{key}: a\u202eb": "invalid_text",
    "{key}: a\u2028b": "invalid_text",
    '{key}: "a\\Nb"': "invalid_text",
    '{key}: "a\\tb"': "invalid_text",
    "{key}: [a, b": "yaml_syntax",
    "{key}: 'a": "yaml_syntax",
    "{key}: a: b": "yaml_syntax",
    "{key}: @a": "yaml_syntax",
    "{key}: " + "[" * 22 + "]" * 22: "out_of_range",
}
"""Lines that end a document, and what they are refused with."""


def read_batch(batch, chance):
    """Read many documents as one file; return those that are not read as they were meant."""
    text = "".join(written.text for written in batch)
    if chance.random() < 0.3:
        text = text.replace("\n", "\r\n")
    data = ("\ufeff" * (chance.random() < 0.2) + text).encode()
    reading = read_yaml(data)
    wanted = [read_as(written.value) for written in batch]
    is_exact = not reading.faults and [tree.value for tree in reading.documents] == wanted
    return [] if is_exact else [written for written in batch if not is_read(written)]


def is_read(written):
    reading = read_yaml(written.text.encode())
    return not reading.faults and [tree.value for tree in reading.documents] == [read_as(written.value)]


def read_many(seed, count):
    """Write and read so many documents; return how many were refused, all of them odd ones."""
    chance, writer = random.Random(seed), Writer(seed)
    refused = 0
    for _ in range(0, count, BATCH):
        batch = [writer.document() for _ in range(BATCH)]
        odd = [written for written in batch if written.is_odd]
        plain = [written for written in batch if not written.is_odd]
        assert read_batch(plain, chance) == []
        for written in odd:
            reading = read_yaml(written.text.encode())
            lines = written.text.count("\n") + 1
            assert reading.faults or is_read(written), f"changed silently: {written} to {reading.documents}"
            assert all(1 <= fault.line <= lines and fault.column >= 1 for fault in reading.faults), written
            refused += bool(reading.faults)
        end_with_trap(writer, chance)
    return refused


def end_with_trap(writer, chance):
    """A document that ends in what is refused: with that code, on its lines."""
    written = writer.document()
    while written.is_odd or written.text.startswith("--- "):
        written = writer.document()
    text = written.text
    line, code = chance.choice(list(REFUSED.items()))
    ending = line.format(key="key")
    faults = read_yaml(f"{text}{ending}\n".encode()).faults
    first = text.count("\n") + 1
    places = {(fault.code, fault.line) for fault in faults}
    last = first + ending.count("\n") + 1
    assert any(found == code and first <= at <= last for found, at in places), f"{text}{ending}: {faults}"


@pytest.mark.parametrize(
    "text, place",
    [
        ("a: {?b: c}", (1, 6)),
        ('a: [?"b": c]', (1, 6)),
        ("a: {?#: 'x',\n  b: c}", (1, 6)),
        ("a: [b,#c\n  d]", (1, 7)),
        ("a: [#b\n  c]", (1, 5)),
        ("a: {'b':#c\n  d}", (1, 9)),
    ],
)
def test_what_libyaml_would_leave_out_is_refused_where_it_stands(text, place):
    for parser in ("c", "python"):
        faults = read_yaml(f"{text}\n".encode(), parser=parser).faults
        assert [(fault.code, fault.line, fault.column) for fault in faults] == [("yaml_syntax", *place)]


@pytest.mark.parametrize(
    "text", ["a: {? b: c}", "a: [b, #c\n  d]", "a: '?#'", "a: b,#c", "# x,#y\na: b", "a: {b: c} #?"]
)
def test_what_only_looks_like_it_is_read(text):
    for parser in ("c", "python"):
        assert read_yaml(f"{text}\n".encode(), parser=parser).faults == []


def test_some_thousand_documents_are_read_as_they_were_meant(seed):
    assert read_many(seed, 2_000) <= 200


@pytest.mark.soak
def test_a_million_documents_are_read_as_they_were_meant(seed):
    count = int(os.environ.get("SEQMETA_DOCUMENTS", "1000000"))
    refused = read_many(seed, count)
    sys.stdout.write(f"{count} documents, {refused} of them refused with their place, none changed\n")
    assert refused <= count / 10
