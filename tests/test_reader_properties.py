"""What holds of every input: both YAML parsers agree, nothing raises, and what was written is read back."""

import json
import unicodedata

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmeta.reader import Mark, Reading, Value, read_json, read_yaml
from seqmeta.reader.characters import FORBIDDEN

FRAGMENTS = [
    "a", "key", ": ", ":", "- ", "? ", "\n", "\n  ", "\n    ", " ", "[", "]", "{", "}", ",", "'", '"', "|\n  ",
    ">-\n  ", "#", " # c", "&a ", "*a ", "!t ", "!", "<<: ", "---\n", "...\n", "\t", "\\", "\\x41", "\\U00110000",
    "\\ud800", "~", "null", "1.10", "\u00e9", "e\u0301", "%YAML 1.1\n", "%", "@", "`", "\r\n", "\r", "\x00", "\u2028",
    "\u0085", "\ufeff", "a: b\n", "x: [1, 2]\n", "- a\n", "'q'", '"dq"', "\U0001f600",
    "\u00a0", "http://x", "?a", "b?", "b:",
]  # fmt: skip

yamlish = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Mn", "Mc", "Me"]), min_size=1, max_size=20
).filter(
    lambda text: text == text.strip() and not FORBIDDEN.search(text) and text == unicodedata.normalize("NFC", text)
)
keys = texts
trees = st.dictionaries(
    keys,
    st.recursive(
        st.none() | texts | st.sampled_from(["null", "~", "1.10", "NO", "<<", "*a", "&a", "!t", "a: b", "- a", "# c"]),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=4,
)


def outcome(reading: Reading):
    return not reading.faults, [tree.value for tree in reading.documents] if not reading.faults else None


@settings(max_examples=1500, deadline=None)
@given(yamlish | st.text())
def test_both_parsers_give_the_same_verdict_and_values(text):
    data = text.encode(errors="surrogatepass")
    fast, slow = read_yaml(data), read_yaml(data, parser="python")
    assert outcome(fast) == outcome(slow)
    if not fast.faults:
        assert fast == slow


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    assert outcome(read_yaml(data)) == outcome(read_yaml(data, parser="python"))
    read_json(data)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from([*'{}[],:"\\ \n\t0123.eE+-', "true", "null", '"a"', "\\u00e9", "\\ud800"])).map("".join)
)
def test_json_is_what_the_standard_library_takes_for_json(text):
    """What `json` reads is no syntax error here, and what it does not read is one."""
    codes = {fault.code for fault in read_json(text.encode()).faults}
    try:
        json.loads(text)
    except json.JSONDecodeError:
        assert codes or not text.strip()  # an empty file describes nothing
    else:
        assert "yaml_syntax" not in codes


@settings(max_examples=300, deadline=None)
@given(trees)
def test_a_tree_written_as_yaml_is_read_back(tree):
    source = yaml.safe_dump(tree, default_style='"', allow_unicode=True, width=10_000)
    source = source.replace('!!null "null"', "null")
    for parser in ("c", "python"):
        reading = read_yaml(source.encode(), parser=parser)
        assert reading.faults == []
        assert [document.value for document in reading.documents] == [tree]


@settings(max_examples=300, deadline=None)
@given(trees, st.booleans(), st.sampled_from([None, 2]))
def test_a_tree_written_as_json_is_read_back(tree, ascii_only, indent):
    source = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode()
    reading = read_json(source)
    assert reading.faults == []
    assert [document.value for document in reading.documents] == [tree]


def _scalars(value: Value, mark: Mark):
    """Pair every scalar and every key of a tree with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, mark.keys[key]
            yield from _scalars(item, mark.children[key])
    elif isinstance(value, list):
        for item, place in zip(value, mark.children, strict=True):
            yield from _scalars(item, place)
    elif value is not None:
        yield value, (mark.line, mark.column)


@settings(max_examples=300, deadline=None)
@given(trees, st.sampled_from([None, 2]))
def test_every_mark_points_at_its_text(tree, indent):
    source = json.dumps(tree, ensure_ascii=False, indent=indent)
    lines = source.split("\n")
    for reading in (read_json(source.encode()), *(read_yaml(source.encode(), parser=name) for name in ("c", "python"))):
        for document in reading.documents:
            for text, (line, column) in _scalars(document.value, document.mark):
                assert lines[line - 1][column - 1 :].startswith(json.dumps(text, ensure_ascii=False))
