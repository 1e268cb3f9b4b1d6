"""The strict reader on JSON: RFC 8259 and no more, with the rules of descriptions on top."""

import json

import pytest
from effort import within

from seqmeta.reader import locate, read_json, read_yaml


def values(source):
    reading = read_json(source if isinstance(source, bytes) else source.encode())
    assert reading.faults == []
    return [tree.value for tree in reading.documents]


def faults(source):
    reading = read_json(source if isinstance(source, bytes) else source.encode())
    return [(fault.line, fault.column, fault.code) for fault in reading.faults]


NUMBERS = ["0", "-0", "1", "-1", "10", "1.10", "0.5", "-0.0", "1e5", "1E+05", "2.5e-3", "9" * 5000]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_stay_the_text_that_they_were(number):
    assert values(f'{{"a": {number}}}') == [{"a": number}]


NO_NUMBERS = [
    "01", "-01", "1.", ".5", "+1", "-", "1e", "1e+", "0x1F", "1_000", "NaN", "Infinity", "-Infinity", "1.2.3", "--1",
    "1 2", "\uff11",
]  # fmt: skip


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_what_is_no_number_of_json_is_refused(number):
    assert {code for _, _, code in faults(f'{{"a": {number}}}')} == {"yaml_syntax"}


@pytest.mark.parametrize("word", ["True", "FALSE", "None", "nul", "truefalse", "undefined", "yes", "~", "x"])
def test_what_is_no_word_of_json_is_refused(word):
    assert faults(f'{{"a": {word}}}') == [(1, 7, "yaml_syntax")]


def test_words():
    assert values('{"a": true, "b": false, "c": null}') == [{"a": "true", "b": "false", "c": None}]
    assert values('{"a": "null", "b": "", "c": " ", "d": "~"}') == [{"a": "null", "b": None, "c": None, "d": "~"}]


STRINGS = [
    (r'"\u0041\u00e9"', "A\u00e9"),
    (r'"\ud83d\ude00"', "\U0001f600"),
    (r'"\/\\\""', '/\\"'),
    (r'"a\nb"', "a\nb"),
    (r'"e\u0301"', "\u00e9"),
    ('"  x  "', "x"),
    (r'"\t x \n"', "x"),
    ('"\u2192 {}[]:,# &a *b !c"', "\u2192 {}[]:,# &a *b !c"),
    (r'"\\ud800"', "\\ud800"),
]


@pytest.mark.parametrize(("source", "text"), STRINGS)
def test_strings(source, text):
    assert values(f'{{"a": {source}}}') == [{"a": text}]


REFUSED = [
    # structure
    ('{"a": 1,}', [(1, 9, "yaml_syntax")]),
    ('{"a": [1,]}', [(1, 10, "yaml_syntax")]),
    ('{"a": [,1]}', [(1, 8, "yaml_syntax")]),
    ('{"a": [1 2]}', [(1, 10, "yaml_syntax")]),
    ('{"a" 1}', [(1, 6, "yaml_syntax")]),
    ('{"a": 1 "b": 2}', [(1, 9, "yaml_syntax")]),
    ('{"a":}', [(1, 6, "yaml_syntax")]),
    ('{"a": 1]', [(1, 8, "yaml_syntax")]),
    ('{"a": 1', [(1, 8, "yaml_syntax")]),
    ('{"a": [1,\n 2', [(2, 3, "yaml_syntax")]),
    ("{,}", [(1, 2, "yaml_syntax")]),
    ('{"a": 1} {"b": 2}', [(1, 10, "yaml_syntax")]),
    ('{"a": 1}}', [(1, 9, "yaml_syntax")]),
    ("{1: 2}", [(1, 2, "yaml_syntax")]),
    # what is only YAML, or only JavaScript
    ("a: 1", [(1, 1, "yaml_syntax")]),
    ("{a: 1}", [(1, 2, "yaml_syntax")]),
    ("{'a': 1}", [(1, 2, "yaml_syntax")]),
    ("{\"a\": 'x'}", [(1, 7, "yaml_syntax")]),
    ('{"a": 1} # c', [(1, 10, "yaml_syntax")]),
    ('{"a": 1 /* c */}', [(1, 9, "yaml_syntax")]),
    ('// c\n{"a": 1}', [(1, 1, "yaml_syntax")]),
    ('---\n{"a": 1}', [(1, 1, "yaml_syntax")]),
    ('{"a": "x" "y"}', [(1, 11, "yaml_syntax")]),
    # strings
    ('{"a": "x', [(1, 7, "yaml_syntax")]),
    ('{"a": "x\ny"}', [(1, 7, "yaml_syntax")]),
    ('{"a": "x\ty"}', [(1, 9, "invalid_text")]),
    ('{"a": "\tx"}', [(1, 8, "invalid_text")]),
    (r'{"a": "\x41"}', [(1, 8, "yaml_syntax")]),
    (r'{"a": "\u12"}', [(1, 8, "yaml_syntax")]),
    (r'{"a": "\'"}', [(1, 8, "yaml_syntax")]),
    (r'{"a": "x\ud800"}', [(1, 9, "invalid_text")]),
    (r'{"a": "\ude00\ud83d"}', [(1, 8, "invalid_text"), (1, 14, "invalid_text")]),
    (r'{"a": "\ud83d\ude00\ud83d"}', [(1, 20, "invalid_text")]),
    (r'{"a": "\u0000\ud83d\ude00"}', [(1, 8, "invalid_text")]),
    (r'{"a": "\u202e"}', [(1, 8, "invalid_text")]),
    (r'{"a": "x\ty"}', [(1, 9, "invalid_text")]),
    (r'{"a": "x\b"}', [(1, 9, "invalid_text")]),
    ('{"a": "x\x01"}', [(1, 9, "invalid_text")]),
    ('{"a": "x\u2028"}', [(1, 9, "invalid_text")]),
    # keys and roots
    ('{"a": 1,\n "a": 2}', [(2, 2, "duplicate_key")]),
    (r'{"a": 1, "\u0061": 2}', [(1, 10, "duplicate_key")]),
    ('{"": 1}', [(1, 2, "invalid_text")]),
    ("[1]", [(1, 1, "wrong_type")]),
    ('"x"', [(1, 1, "wrong_type")]),
    ("null", [(1, 1, "wrong_type")]),
    # depth and encoding
    ("[" * 200_000, [(1, 21, "out_of_range")]),
    ('{"a":' * 21, [(1, 101, "out_of_range")]),
    ('{"a": 1}'.encode("utf-16"), [(1, 1, "invalid_text")]),
    (b'{"a": "\xff"}', [(1, 8, "invalid_text")]),
]


@pytest.mark.parametrize(("source", "expected"), REFUSED)
def test_refuses_at_its_place(source, expected):
    assert faults(source) == expected


def test_white_space_of_json_and_a_bom_are_fine():
    assert values(b'\xef\xbb\xbf\t{\r\n\t"a"\t:\t[ ]\r\n}\r\n') == [{"a": []}]


def test_an_empty_file_is_fine():
    assert values("") == []
    assert values(" \n") == []


def test_depth_of_20_is_accepted():
    assert faults('{"a":' * 20 + "1" + "}" * 20) == []


def test_the_same_tree_and_places_as_yaml():
    source = b'{"kind": {"a": "x",\n  "b": ["y", {"c": null}],\n "d": "\xc3\xa9", "e": 1.0}}'
    (from_json,), (from_yaml,) = read_json(source).documents, read_yaml(source).documents
    assert from_json == from_yaml
    assert locate(from_json.mark, ["kind", "b", 1, "c"], key=True) == (2, 15)


def test_what_json_writes_is_read_back():
    value = {"a": {"b": ["x", "\u2192", '"\\/', "\U0001f600"]}, "c": None, "d": {}, "e": []}
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert values(text) == [value]


@pytest.mark.parametrize("item", ["1", '""', "[]", '"\\u0007"', '{"a":1}'])
def test_one_mebibyte_is_answered_in_time(item):
    source = ('{"a":[' + ",".join([item] * (1_000_000 // (len(item) + 1))) + "]}").encode()
    with within(3):
        read_json(source)
