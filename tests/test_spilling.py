"""What does not stay in memory: a run that puts nearly everything on the disk does what one does that puts nothing."""

import random
import sqlite3
import tracemalloc
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest
from lab import Lab
from storing import git
from test_delta import Bench, apply_later, judged

from seqmeta import judging, snapshot, spilling
from seqmeta.canonical import digest
from seqmeta.described import BODIES
from seqmeta.errors import StoreError
from seqmeta.index_filling import index_record
from seqmeta.index_writing import make_temporary_index
from seqmeta.indexed_records import IndexedRecords
from seqmeta.overflow import Overflow
from seqmeta.recorded import Records
from seqmeta.records import Record
from seqmeta.spilled_tables import Form
from seqmeta.spilling import Spilled, SpilledRows

WORDS = Form(str, str, str.encode, lambda _, data: data.decode(), tag=lambda key, _: key[0], place=lambda _, of: of)


def keep(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(spilling, "MOST_IN_MEMORY", most)


@pytest.mark.parametrize("most", [1, 3, 1000])
@pytest.mark.parametrize("weight", [1, 2, 12])
def test_a_mapping_has_what_was_put_in_wherever_it_is(most: int, weight: int) -> None:
    """However heavy a value is: some of three twelfths and of nine, and of other weight when it is put in again."""
    form = WORDS._replace(weight=lambda word: weight if word[0] in "036" else 1)
    words: Spilled[str, str] = Spilled(Overflow(), form, most)
    expected = {f"{'abc'[n % 3]}{n}": f"{n * 7 % 10}-{n}" for n in range(10)}
    for key, value in expected.items():
        assert key not in words
        words[key] = value
        assert words[key] == value
    words["a0"] = expected["a0"] = "9-again"
    assert words.setdefault("a3", "another") == expected["a3"]
    assert words.setdefault("new", "one") == "one"
    expected["new"] = "one"
    assert dict(words) == expected
    assert len(words) == len(expected)
    assert "d" not in words
    assert words.get("d") is None
    with pytest.raises(KeyError):
        words["d"]
    of_a = [(key, value) for key, value in expected.items() if key[0] == "a"]
    assert list(words.select("a")) == sorted(of_a, key=lambda item: item[1])
    assert list(words.select()) == sorted(expected.items(), key=lambda item: item[1])


@pytest.mark.parametrize("most", [1, 4, 1000])
def test_a_mapping_that_is_added_to_while_it_is_gone_through_yields_what_was_there(most: int) -> None:
    words: Spilled[str, str] = Spilled(Overflow(), WORDS, most)
    for number in range(6):
        words[f"a{number}"] = str(number)
    seen = []
    for key, value in words.select("a"):
        words[f"b{value}"] = value
        seen.append(key)
    assert seen == [f"a{number}" for number in range(6)]
    assert len(list(words.select("b"))) == 6


@pytest.mark.parametrize("most", [1, 4, 1000])
@pytest.mark.parametrize("places", ["012345", "345012", "001122"])
def test_what_gets_its_value_once_comes_in_the_order_of_its_places(most: int, places: str) -> None:
    """Whether it came in that order or not; what is added meanwhile is not seen."""
    words: Spilled[str, str] = Spilled(Overflow(), WORDS._replace(is_once=True), most)
    for number, place in enumerate(places):
        words[f"a{number}"] = place
        words[f"b{number}"] = place
    seen = []
    for key, value in words.select("a"):
        words[f"a9{key}"] = "9"
        seen.append((value, key))
    assert seen == sorted((place, f"a{number}") for number, place in enumerate(places))
    assert [value for _, value in words.select("b")] == sorted(places)
    assert [value for _, value in words.select()] == sorted([*places, *places, *"999999"])


@pytest.mark.parametrize("most", [1, 40, 100_000])
@pytest.mark.parametrize("weight", [1, 12])
def test_short_values_are_found_in_whatever_order_they_are_asked_for(most: int, weight: int) -> None:
    """Some are read ahead: neither what was put in again since nor a heavy one is taken from there."""
    form = WORDS._replace(
        is_short=True, place=lambda key, _: key, weight=lambda word: weight if word[-1] in "36" else 1
    )
    words: Spilled[str, str] = Spilled(Overflow(), form, most)
    expected = {f"{number % 3}-{number:03}": str(number) for number in range(300)}
    for key, value in expected.items():
        words[key] = value
    shuffled = random.Random(1).sample(sorted(expected), len(expected))
    for keys in (sorted(expected), sorted(expected, reverse=True), shuffled):
        assert [words[key] for key in keys] == [expected[key] for key in keys]
        assert [words.get(f"{key}?") for key in keys[:9]] == [None] * 9
    for number, key in enumerate(sorted(expected)):
        assert words[key] == expected[key]
        if number % 7 == 0:
            ahead = sorted(expected)[(number + 2) % 300]
            words[ahead] = expected[ahead] = f"again {number}3"
    assert dict(words) == expected
    assert list(words.select("1")) == sorted((key, value) for key, value in expected.items() if key[0] == "1")


@pytest.mark.parametrize("most", [1, 4, 100])
@pytest.mark.parametrize("is_once", [False, True])
def test_keys_with_one_hash_are_told_apart(most: int, is_once: bool) -> None:
    """Of whole numbers so small the hash is the number: its lower half, which rows are found by, is the same of six."""
    form = WORDS._replace(key_text=str, key=int, tag=lambda _key, _of: "", place=lambda _key, _of: "", is_once=is_once)
    words: Spilled[int, str] = Spilled(Overflow(), form, most)
    expected = {(of << 32) + number: f"{number} {of}" for of in range(6) for number in range(9)}
    for key, value in expected.items():
        words[key] = value
    if not is_once:
        for key in list(expected)[::5]:
            words[key] = expected[key] = "again"
    assert {key: words[key] for key in expected} == expected
    assert words.get((6 << 32) + 3) is None
    assert len(words) == len(expected)


@pytest.mark.parametrize("most", [1, 60, 1000])
def test_rows_of_any_weight_come_back_in_their_order(most: int) -> None:
    rows: SpilledRows[int] = SpilledRows(Overflow(), orjson.dumps, orjson.loads, most)
    for number in range(500):
        rows.append("abc"[number * number % 3], number, weight=0.3 if number % 5 else 30)
    assert list(rows.select()) == list(range(500))
    assert list(rows.select("a")) == [number for number in range(500) if number * number % 3 == 0]


@pytest.mark.parametrize("is_short", [False, True])
def test_what_is_read_back_stays_small_however_large_its_values_are(is_short: bool) -> None:
    """Five hundred values of 40 kB and more, asked for one by one and gone through: few are in memory at once."""
    form = WORDS._replace(
        is_short=is_short, tag=lambda key, _: key[:1], place=lambda key, _: key, weight=lambda word: len(word) / 100
    )
    words: Spilled[str, str] = Spilled(Overflow(), form, 4_000)
    rows: SpilledRows[str] = SpilledRows(Overflow(), orjson.dumps, orjson.loads, 4_000)
    expected = {f"{number:03}": f"{number:03}" * 14_000 for number in range(500)}
    for key, value in expected.items():
        words[key] = value
        rows.append("", value, weight=len(value) / 100)
    del value
    tracemalloc.start()
    try:
        assert all(words[key][:3] == key for key in expected)
        assert sum(key == value[:3] for key, value in words.select()) == 500
        assert [value[:3] for value in rows.select()] == list(expected)
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()


def test_bodies_with_long_texts_do_not_stay_in_memory() -> None:
    """Six hundred of 64 kB, as a lab's comments may be, where there is room for some two thousand of six fields."""
    bodies: Spilled[str, tuple[str, Any]] = Spilled(Overflow(), BODIES, 2_000)
    tracemalloc.start()
    try:
        for number in range(600):
            bodies[f"{number:03}"] = ("order", {"name": f"Order {number}", "comments": f"{number:03}" * 21_000})
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()
    assert [(uuid, body["comments"][:3]) for uuid, (_, body) in bodies.select()] == [
        (f"{n:03}",) * 2 for n in range(600)
    ]


@pytest.mark.parametrize("most", [1, 4, 1000])
def test_rows_come_back_in_their_order(most: int) -> None:
    rows: SpilledRows[str] = SpilledRows(Overflow(), orjson.dumps, orjson.loads, most)
    for number in range(9):
        rows.append("odd" if number % 2 else "even", str(number))
    assert list(rows.select()) == list("012345678")
    assert list(rows.select("odd")) == list("1357")
    assert list(rows.select("even", "odd")) == list("012345678")
    assert list(rows.select()) == list("012345678")


def test_where_nothing_can_be_put_the_error_says_where_it_was_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    rows: SpilledRows[str] = SpilledRows(Overflow(), orjson.dumps, orjson.loads, 1)
    with pytest.raises(StoreError, match=r"TMPDIR.*unable to open database file"):
        rows.append("", "word")


def contents_of_index(lab: Lab) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection:
        tables = ("things", "links", "owned", "problems")
        return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}


def test_a_first_run_makes_the_same_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for most in (2, 100_000):
        keep(monkeypatch, most)
        lab = Lab(tmp_path / str(most), unregistered_biosamples="stub")
        bench = Bench(lab, seed=1)
        bench.stub()
        bench.write()
        apply_later(lab)
        made.append((git(lab.records, "rev-parse", "HEAD^{tree}"), contents_of_index(lab)))
    assert made[0] == made[1]
    assert len(made[0][1]["things"]) > 30


def test_an_index_that_is_made_anew_is_the_same_wherever_things_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what changes, of what stays, and of what is recorded and not described any more."""
    made = []
    for most in (2, 100_000):
        keep(monkeypatch, 100_000)
        lab = Lab(tmp_path / str(most), unregistered_biosamples="stub")
        bench = Bench(lab, seed=1)
        bench.stub()
        bench.write()
        apply_later(lab)
        lab.describe({"biosamples": [{"central_sample_id": f"later {n}"} for n in range(3)]}, name="later.yaml")
        apply_later(lab)
        lab.describe(
            {"biosample": {"central_sample_id": "later 1", "metadata": {"tag": {"x": "y"}}}}, name="later.yaml"
        )
        (lab.root / ".seqmeta/index.sqlite").unlink()
        keep(monkeypatch, most)
        monkeypatch.setattr(snapshot, "MOST_IN_MEMORY", most)
        apply_later(lab)
        made.append((git(lab.records, "rev-parse", "HEAD^{tree}"), contents_of_index(lab)))
    assert made[0] == made[1]
    assert sum("later" in thing for thing in made[0][1]["things"]) == 3
    assert sum("later.yaml" in thing for thing in made[0][1]["things"]) == 1


@pytest.mark.parametrize("seed", [3])
def test_a_later_run_says_the_same_of_any_edit_wherever_the_records_are_read_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    lab = Lab(tmp_path / "lab", unregistered_biosamples="stub")
    bench = Bench(lab, seed)
    bench.write()
    apply_later(lab)
    refused = 0
    for _ in range(25):
        before = deepcopy(bench.files)
        edit = bench.edit()
        bench.write()
        keep(monkeypatch, 100_000)
        expected = judged(lab, whole=True)
        keep(monkeypatch, 2)
        monkeypatch.setattr(snapshot, "MOST_IN_MEMORY", 1)
        assert judged(lab, whole=True) == expected, edit
        monkeypatch.setattr(judging, "judge_changes", lambda *args, **kwargs: None)
        assert judged(lab, whole=False) == expected, edit
        monkeypatch.undo()
        if any(problem["severity"] == "error" for problem in expected["problems"]):
            refused += 1
            bench.files = before
            bench.write()
        else:
            apply_later(lab)
    assert refused < 15


@pytest.mark.parametrize("is_turned", [True, False])
def test_of_two_records_that_others_gave_one_name_the_same_is_meant_in_memory_and_in_an_index(is_turned: bool) -> None:
    uuids = ["0e5e8a4c-0000-4000-8000-000000000001", "fe5e8a4c-0000-4000-8000-000000000002"]
    bodies = [{"uuid": uuid, "central_sample_id": "S1"} for uuid in uuids]
    records = [Record("biosample", body["uuid"], body, 1, digest(body)) for body in bodies]
    index = make_temporary_index(map(index_record, records[::-1] if is_turned else records))
    for held in (Records(records), IndexedRecords(index)):
        named = held.named("biosample", "S1")
        assert named is not None
        assert named.uuid == uuids[1]
