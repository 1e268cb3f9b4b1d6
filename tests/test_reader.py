"""The strict reader on YAML: every rule from both sides, with both parsers (CONTRACT 2 and 7)."""

import tracemalloc

import pytest
from effort import within

from seqmeta.reader import Reading, locate, read_json, read_yaml

PARSERS = ["c", "python"]


@pytest.fixture(params=PARSERS)
def read(request):
    def read_text(source):
        data = source if isinstance(source, bytes) else source.encode()
        return read_yaml(data, parser=request.param)

    return read_text


def values(reading: Reading):
    return [tree.value for tree in reading.documents]


def faults(reading: Reading):
    return [(fault.line, fault.column, fault.code) for fault in reading.faults]


ACCEPTED = [
    # every scalar is text
    ("a: 1.10", {"a": "1.10"}),
    ("a: NO", {"a": "NO"}),
    ("a: 0123", {"a": "0123"}),
    ("a: 12:30:45", {"a": "12:30:45"}),
    ("a: 2020-03-22 13:00:00 +0000", {"a": "2020-03-22 13:00:00 +0000"}),
    ("a: [.5, 5., 1e5, -0.0, .nan, 0x1F, 1_000]", {"a": [".5", "5.", "1e5", "-0.0", ".nan", "0x1F", "1_000"]}),
    ("true: yes", {"true": "yes"}),
    ("1.0: a", {"1.0": "a"}),
    ("a: " + "9" * 100_000, {"a": "9" * 100_000}),
    # not given
    ("a: null\nb: Null\nc: NULL\nd: ~\ne:\nf: ''\ng: '  '\nh: \"\\n\"", dict.fromkeys("abcdefgh")),
    ("a: 'null'\nb: \"~\"\nc: nULL\nd: none", {"a": "null", "b": "~", "c": "nULL", "d": "none"}),
    # normal form of text
    ("a: '  x y  '", {"a": "x y"}),
    ("a: cafe\u0301", {"a": "caf\u00e9"}),
    ("cafe\u0301: 1", {"caf\u00e9": "1"}),
    ('a: "\\u00a0x\\u2003"', {"a": "x"}),
    ("a: |\n  one\n  two\n", {"a": "one\ntwo"}),
    ("a: >-\n  one\n  two\n", {"a": "one two"}),
    ("a: |\n  x\n   ", {"a": "x"}),
    ("a: |\n  x\n  ", {"a": "x"}),
    ("a: >\n\n  x\n\n\n", {"a": "x"}),
    ('a: "one\\ntwo"', {"a": "one\ntwo"}),
    ('a: "\\x41\\u00e9\\U0001F600\\/"', {"a": "A\u00e9\U0001f600/"}),
    # shapes
    ("{a: [b, {c: d}]}", {"a": ["b", {"c": "d"}]}),
    ("a: [http://x?y=1, b?, c ? d]", {"a": ["http://x?y=1", "b?", "c ? d"]}),
    ("a:\n- b\n- c\n", {"a": ["b", "c"]}),
    ("? a\n: b", {"a": "b"}),
    ("a: {}\nb: []", {"a": {}, "b": []}),
    ("a: x#y # a comment", {"a": "x#y"}),
    ("'<<': 1", {"<<": "1"}),
    # line ends, BOM
    (b"\xef\xbb\xbfa: 1\r\nb:\r\n  - 2\r\n", {"a": "1", "b": ["2"]}),
    # tabs that do no harm
    ("a: 1 # x\ty\n#\tz\n", {"a": "1"}),
    ("a: '\tx\t'", {"a": "x"}),
    ('a: "x\t\n\ty"', {"a": "x y"}),
    ('a: "\\tx\\t"', {"a": "x"}),
    # words of other scripts, and marks within Unicode's limit
    ("a: \u05d0\u200f\u0639", {"a": "\u05d0\u200f\u0639"}),
    ("a: x" + "\u0316" * 30, {"a": "x" + "\u0316" * 30}),
]


@pytest.mark.parametrize(("source", "value"), ACCEPTED)
def test_accepts(read, source, value):
    reading = read(source)
    assert faults(reading) == []
    assert values(reading) == [value]


REFUSED = [
    # duplicate keys: in flow, after NFC, after stripping, deep down
    ("{a: 1, a: 2}", [(1, 8, "duplicate_key")]),
    ("caf\u00e9: 1\ncafe\u0301: 2", [(2, 1, "duplicate_key")]),
    ("a: 1\n' a ': 2", [(2, 1, "duplicate_key")]),
    ("x:\n  - a: 1\n    a: 2\n    a: 3", [(3, 5, "duplicate_key"), (4, 5, "duplicate_key")]),
    # empty keys
    ("~: a", [(1, 1, "invalid_text")]),
    ("'': a", [(1, 1, "invalid_text")]),
    ("null: a", [(1, 1, "invalid_text")]),
    ("' ': a", [(1, 1, "invalid_text")]),
    # keys that are no text
    ("? [a]\n: b", [(1, 3, "wrong_type")]),
    ("? {a: b}\n: c", [(1, 3, "wrong_type")]),
    ('"a\\nb": 1', [(1, 1, "invalid_text")]),
    ("? " + "k" * 1025 + "\n: 1", [(1, 3, "out_of_range")]),
    # roots
    ("a", [(1, 1, "wrong_type")]),
    ("- a", [(1, 1, "wrong_type")]),
    ("--- null", [(1, 5, "wrong_type")]),
    ("a: 1\n---\n- b\n---\nc: 1", [(3, 1, "wrong_type")]),
    # tags
    ("a: !x b", [(1, 4, "tag_not_allowed")]),
    ("a: ! b", [(1, 4, "tag_not_allowed")]),
    ("a: !!str b", [(1, 4, "tag_not_allowed")]),
    ("!!map {a: b}", [(1, 1, "tag_not_allowed")]),
    ("!!str a: b", [(1, 1, "tag_not_allowed")]),
    ("a: !!python/object/apply:os.system ['true']", [(1, 4, "tag_not_allowed")]),
    ("a: !u!x b", [(1, 4, "tag_not_allowed")]),
    # anchors, aliases, merge keys
    ("a: &a [*a]", [(1, 4, "alias_not_allowed"), (1, 8, "alias_not_allowed")]),
    ("&a {x: *a}", [(1, 1, "alias_not_allowed"), (1, 8, "alias_not_allowed")]),
    ("a: !x &y z", [(1, 4, "tag_not_allowed"), (1, 7, "alias_not_allowed")]),
    ("a: &y !x z", [(1, 4, "alias_not_allowed"), (1, 7, "tag_not_allowed")]),
    ("*a : b", [(1, 1, "alias_not_allowed")]),
    ("<<: {a: b}", [(1, 1, "alias_not_allowed")]),
    ("a: *important*", [(1, 4, "alias_not_allowed")]),
    # directives
    ("%YAML 1.2\n---\na: 1", [(1, 1, "yaml_syntax")]),
    ("%YAML 9.9\n---\na: 1", [(1, 1, "yaml_syntax")]),
    ("%TAG ! tag:x,2000:\n---\na: 1", [(1, 1, "yaml_syntax")]),
    ("%OTHER\n---\na: 1", [(1, 1, "yaml_syntax")]),
    ("a: 1\n...\n%YAML 1.1\n---\nb: 1", [(3, 1, "yaml_syntax")]),
    # tabs
    ("a:\n\tb: 1", [(2, 1, "yaml_syntax")]),
    ("a:\t1", [(1, 3, "yaml_syntax")]),
    ("a: 1\t", [(1, 5, "yaml_syntax")]),
    ("a: b\tc", [(1, 5, "yaml_syntax")]),
    ("a: [b,\tc]", [(1, 7, "yaml_syntax")]),
    ("a: |\n  b\n\tc", [(3, 1, "yaml_syntax")]),
    ("a: 'x\ty'", [(1, 6, "invalid_text")]),
    ("a: |\n  x\ty", [(2, 4, "invalid_text")]),
    ('a: "x\\ty"', [(1, 6, "invalid_text")]),
    # characters, raw
    ("a: 1\x00", [(1, 5, "invalid_text")]),
    ("a: '\x07'\nb: '\x1b'", [(1, 5, "invalid_text"), (2, 5, "invalid_text")]),
    ("a: 1 # \x7f", [(1, 8, "invalid_text")]),
    ("a: x\x0cy", [(1, 5, "invalid_text")]),
    ("a: x\x0by", [(1, 5, "invalid_text")]),
    ("a: x\ufffey", [(1, 5, "invalid_text")]),
    ("a: x\u0085y", [(1, 5, "invalid_text")]),
    ("a: x\u2028y", [(1, 5, "invalid_text")]),
    ("a: x\u2029y", [(1, 5, "invalid_text")]),
    ("a: x\ufeffy", [(1, 5, "invalid_text")]),
    ("a: x\u202ey", [(1, 5, "invalid_text")]),
    ("a: 1 # \u2067", [(1, 8, "invalid_text")]),
    ("a\u202a: 1", [(1, 2, "invalid_text")]),
    ("a: 1\rb: 2", [(1, 5, "invalid_text")]),
    ("a: x" + "\u0301\u0316" * 16, [(1, 4, "invalid_text")]),
    # characters, written as escapes
    ('a: "x\\0"', [(1, 6, "invalid_text")]),
    ('a: "\\x07\\e"', [(1, 5, "invalid_text"), (1, 9, "invalid_text")]),
    ('a: "\\N"', [(1, 5, "invalid_text")]),
    ('a: "\\L\\P"', [(1, 5, "invalid_text"), (1, 7, "invalid_text")]),
    ('a: "x\\r"', [(1, 6, "invalid_text")]),
    ('a: "\\u202e"', [(1, 5, "invalid_text")]),
    ('a: "\\ufeff"', [(1, 5, "invalid_text")]),
    ('a: "x\n  y\\u2066"', [(2, 4, "invalid_text")]),
    ('"\\x07": 1', [(1, 2, "invalid_text")]),
    # escapes that stand for no character
    ('a: "\\ud800"', [(1, 5, "invalid_text")]),
    ('a: "x\\ud83d\\ude00"', [(1, 6, "invalid_text")]),
    ('a: "\\U00110000"', [(1, 5, "invalid_text")]),
    ('a: "\\U7fffffff"', [(1, 5, "invalid_text")]),
    ('a: "\\Uffffffff"', [(1, 5, "invalid_text")]),
    # encodings
    ("a: 1".encode("utf-16"), [(1, 1, "invalid_text")]),
    ("a: 1".encode("utf-16-le"), [(1, 2, "invalid_text")]),
    ("a: 1".encode("utf-16-be"), [(1, 1, "invalid_text")]),
    ("a: 1".encode("utf-32"), [(1, 1, "invalid_text")]),
    (b"a: 1\nb: caf\xe9\n", [(2, 7, "invalid_text")]),
    (b"a: \xed\xa0\x80", [(1, 4, "invalid_text")]),
    (b"a: \xc0\x80", [(1, 4, "invalid_text")]),
    # syntax
    ("a: b: c", [(1, 5, "yaml_syntax")]),
    ("a: [1,2", [(1, 4, "yaml_syntax")]),
    ("a: [1,2\nb: 3", [(2, 2, "yaml_syntax")]),
    ('a: 1\nb: "x\nc: 3\n', [(2, 4, "yaml_syntax")]),
    ("a: @x", [(1, 4, "yaml_syntax")]),
    ("a: `x`", [(1, 4, "yaml_syntax")]),
    ("a: %x", [(1, 4, "yaml_syntax")]),
    ("a: 1\nfoo\nb: 2", [(2, 1, "yaml_syntax")]),
    ("a:\n  b: 1\n c: 2", [(3, 2, "yaml_syntax")]),
    ("a: - b", [(1, 4, "yaml_syntax")]),
    (": a", [(1, 1, "yaml_syntax")]),
    ("a: 'it's'", [(1, 8, "yaml_syntax")]),
    ('a: "c:\\dir"', [(1, 7, "yaml_syntax")]),
    ('a: "v"# c', [(1, 7, "yaml_syntax")]),
    ("[ a, b, c, ]#x", [(1, 13, "yaml_syntax")]),
    ("a: |# c\n  x", [(1, 5, "yaml_syntax")]),
    ("a: {b:}", [(1, 6, "yaml_syntax")]),
]


@pytest.mark.parametrize(("source", "expected"), REFUSED)
def test_refuses_at_its_place(read, source, expected):
    assert faults(read(source)) == expected


@pytest.mark.parametrize("source", ["", "\n", "# only a comment\n", "---\n---\n", "---\n...\n", b"\xef\xbb\xbf"])
def test_nothing_is_fine(read, source):
    assert read(source) == Reading([], [])


def test_documents_without_content_count(read):
    reading = read("---\n---\na: 1\n---\n# nothing\n---\nb: !x 1\n")
    assert [(tree.number, tree.value) for tree in reading.documents] == [(1, {"a": "1"}), (3, {"b": "1"})]
    assert [(fault.document, fault.path) for fault in reading.faults] == [(3, ("b",))]


def test_goes_on_after_a_fault_that_leaves_the_rest_its_meaning(read):
    reading = read("a: 1\na: 2\nb: &x y\nc: *x\nd: !t z\n<<: {e: f}\n? [k]\n: v\ng:\t1\nh: '\x07'\n")
    codes = [fault.code for fault in reading.faults]
    assert codes == [
        "duplicate_key",
        "alias_not_allowed",
        "alias_not_allowed",
        "tag_not_allowed",
        "alias_not_allowed",
        "wrong_type",
        "yaml_syntax",
        "invalid_text",
    ]
    assert values(reading) == [{"a": "1", "b": "y", "c": None, "d": "z", "g": "1", "h": "\ufffd"}]


def test_a_syntax_error_keeps_the_documents_before_it(read):
    reading = read("a: 1\n---\nb: [\n---\nc: 1\n")
    assert values(reading) == [{"a": "1"}]
    assert [(fault.document, fault.code) for fault in reading.faults] == [(1, "yaml_syntax")]


def test_depth_of_20_is_accepted_and_21_refused(read):
    assert faults(read("{a: " * 20 + "x" + "}" * 20)) == []
    assert faults(read("a: " + "[" * 19 + "x" + "]" * 19)) == []
    assert faults(read("{a: " * 21 + "x" + "}" * 21)) == [(1, 81, "out_of_range")]
    assert faults(read("a:\n" + "- " * 19 + "- x")) == [(2, 39, "out_of_range")]


@pytest.mark.parametrize("size", [500, 10_000, 200_000])
def test_deep_nesting_is_answered_at_once(read, size):
    with within(1):
        assert faults(read("[" * size)) == [(1, 21, "out_of_range")]
    tracemalloc.start()
    read("[" * size)
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_alias_bombs_are_not_expanded(read):
    laughs = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
    merges = "".join(f"m{i}: &m{i} {{<<: [*m{i - 1}, *m{i - 1}]}}\n" for i in range(1, 20))
    for bomb in (laughs, merges):
        with within(0.2):
            reading = read(bomb)
        assert {fault.code for fault in reading.faults} == {"alias_not_allowed"}


def test_a_file_over_32_mib_is_not_parsed():
    limit = 32 * 1024 * 1024
    assert faults(read_yaml(b"#" * limit)) == []
    assert faults(read_yaml(b"#" * (limit + 1))) == [(1, 1, "out_of_range")]


@pytest.mark.parametrize("line", ["- !x y\n", "- {a: 1, a: 2}\n", "- '\x07'\n", "- *a\n", '- "\\x07"\n', "- 'a\tb'\n"])
def test_at_most_10_000_faults_and_one_that_says_so(read, line):
    exact = read("a:\n" + line * 10_000)
    assert len(exact.faults) == 10_000
    assert "too_many_problems" not in {fault.code for fault in exact.faults}
    more = read("a:\n" + line * 10_001)
    assert len(more.faults) == 10_001
    assert [fault.line for fault in more.faults if fault.code == "too_many_problems"] == [10_002]


HEAVY = {
    "items": b"a:\n" + b"- a\n" * 260_000,
    "pairs": b"a: [" + b"b: c," * 209_000 + b"]",
    "keys": b"".join(b"k%d: 1\n" % number for number in range(100_000)),
    "duplicates behind many keys": b"".join(b"k%d: 1\n" % (number % 60_000) for number in range(90_000)),
    "documents": b"---\n" * 260_000,
    "directives": b"%TAG !a! b\n" * 95_000,
    "combining marks": "a: x{}".format("\u0301\u0316" * 260_000).encode(),
    "tabs": b"a: 'x" + b"\t" * 1_000_000 + b"x'",
    "tabs in a comment": b"a: 1 #" + b"\t" * 1_000_000,
    "escapes": b'a: "' + b"\\x07" * 260_000 + b'"',
    "quotes": b"'" * 1_000_000,
    "question marks": b"?\n" * 500_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_one_mebibyte_of_anything_is_answered_in_time(name):
    with within(3):
        read_yaml(HEAVY[name])


def test_places(read):
    source = "kind:\n  a: x\n  \"b\" : [y, 'z']\n  d: |\n    t\n  e:\n    - f: \u00e9\u00e9 # c\n"
    (tree,) = read(source).documents
    mark = tree.mark
    assert locate(mark, []) == (1, 1)
    assert locate(mark, ["kind"]) == (2, 3)
    assert locate(mark, ["kind"], key=True) == (1, 1)
    assert locate(mark, ["kind", "b"]) == (3, 9)
    assert locate(mark, ["kind", "b"], key=True) == (3, 3)
    assert locate(mark, ["kind", "b", 1]) == (3, 13)
    assert locate(mark, ["kind", "d"]) == (4, 6)
    assert locate(mark, ["kind", "e", 0, "f"]) == (7, 10)
    assert locate(mark, ["kind", "e", 0, "f"], key=True) == (7, 7)
    assert locate(mark, ["kind", "e", 0], key=True) == (7, 7)


def test_the_place_of_an_empty_value_is_behind_its_colon(read):
    (tree,) = read("kind: {a: , b:   }\nc:\nd: \n").documents
    assert locate(tree.mark, ["kind", "a"]) == (1, 10)
    assert locate(tree.mark, ["kind", "b"]) == (1, 15)
    assert locate(tree.mark, ["c"]) == (2, 3)
    assert locate(tree.mark, ["d"]) == (3, 3)


def test_places_of_what_is_not_there_are_the_nearest_above(read):
    (tree,) = read("kind:\n  a: [x]\n").documents
    assert locate(tree.mark, ["kind", "missing"], key=True) == (1, 1)
    assert locate(tree.mark, ["kind", "missing"]) == (2, 3)
    assert locate(tree.mark, ["kind", "a", 7]) == (2, 6)
    assert locate(tree.mark, ["kind", "a", 0, "deeper"]) == (2, 7)
    assert locate(tree.mark, ["kind", "a", "text for an index"]) == (2, 6)


MESSAGES = [
    ("b: 1\na: 1\na: 2", "on line 2"),
    ('x: 1\na: "open\n', "line 2"),
    ("a:\t1", "use spaces"),
    ("a: b: c", "quotes"),
    ("a: @x", "'@'"),
    ("a: &me x", "'&me'"),
    ("a: !!int 1", "'!!int'"),
    (b"a: \xe9", "byte offset 3"),
    ("a: x\u202ey", "U+202E"),
    ('a: "C:\\dir"', "single quotes"),
]


@pytest.mark.parametrize(("source", "words"), MESSAGES)
def test_messages_say_what_was_found(read, source, words):
    (fault,) = read(source).faults
    assert words in fault.message
    assert fault.message[0].islower() or not fault.message[0].isalpha()
    assert not fault.message.endswith(".")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_merge_left_to_people_is_one_fault(read, ends):
    sides = ["<<<<<<< HEAD", "study: {name: A}", "=======", "study: {name: B}", ">>>>>>> a branch", ""]
    for above in ([], ["project: {name: P}", "---"], ["study:", "  name: A"]):
        reading = read(ends.join([*above, *sides]))
        assert faults(reading) == [(len(above) + 1, 1, "yaml_syntax")]
        assert "merge conflict" in reading.faults[0].message
        assert reading.documents == []
    lone = read("comments: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> a branch\n")
    assert values(lone) == [{"comments": "<<<<<<< HEAD\n=======\n>>>>>>> a branch"}]


@pytest.mark.parametrize("reads, text", [(read_yaml, r'a: "b\r\nc"'), (read_json, r'{"a": "b\r\nc"}')])
def test_a_line_end_written_with_a_carriage_return_is_told_how_else(reads, text):
    [fault] = reads(text.encode()).faults
    assert fault.message.startswith("a carriage return (U+000D), written as an escape, is not allowed in a description")
    assert fault.message.endswith(r": remove it, a line break is \n alone")
    assert reads(text.replace(r"\r", "").encode()).faults == []
