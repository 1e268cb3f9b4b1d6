"""`seqmeta blame`: which version, commit and time set each field of a record (CONTRACT 7)."""

from ordering import OPTIONS, order
from reading import ReadingLab

from seqmeta.changes import FieldChange
from seqmeta.git_objects import Commit, Person
from seqmeta.history import Version, find_origins
from seqmeta.records import Record


def blame(lab: ReadingLab, *words: str) -> dict[str, tuple[int, str]]:
    return {of["path"]: (of["version"], of["commit"]) for of in lab.json("blame", *words)}


def test_each_field_is_laid_to_the_version_that_set_it(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    first = lab.good(order(comments="one"))["commit"]
    second = lab.good(order(comments="two"))["commit"]
    third = lab.good(order(comments="two", request_options={**OPTIONS, "read_length": 37}))["commit"]
    found = blame(lab, "o1")
    assert found["order.name"] == (1, first)
    assert found["order.request_options.library_type"] == (1, first)
    assert found["order.comments"] == (2, second)
    assert found["order.request_options.read_length"] == (3, third)
    assert blame(lab, "o1", "--rev", second)["order.request_options.read_length"] == (1, first)
    assert blame(lab, "o1@1")["order.comments"] == (1, first)


def test_a_list_of_another_length_is_one_field(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    first = lab.good(order(assets=["tube1", "tube2"]))["commit"]
    assert blame(lab, "o1")["order.assets.0.name"] == (1, first)
    second = lab.good(order(assets=["tube1", "tube2", "tube3"]))["commit"]
    assert blame(lab, "o1")["order.assets"] == (2, second)
    third = lab.good(order(assets=["tube1", "tube2", "tube4"]))["commit"]
    found = blame(lab, "o1")
    assert found["order.assets.2.name"] == (3, third)
    assert found["order.assets.0.name"] == (2, second)
    assert "order.assets" not in found


def test_values_are_those_of_the_record(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order(comments="one"))
    fields = {of["path"]: of["value"] for of in lab.json("blame", "o1")}
    assert fields["order.comments"] == "one"
    assert fields["order.request_options.fragment_size_required.from"] == 100
    assert "order.comments" in lab.text("blame", "o1")


def version(number: int, body: dict[str, object], *changes: tuple[str, object]) -> Version:
    person = Person("A", "a@example.org", number)
    commit = Commit(f"{number:040x}", "0" * 40, (), person, person, f"Version {number}\n")
    found = [FieldChange(path, None, after) for path, after in changes]
    return Version(commit, Record("study", "u", body, number, ""), found if number > 1 else None)


def test_items_are_in_the_order_of_their_numbers():
    body = {"list": [str(number) for number in range(12)]}
    paths = [origin.path for origin in find_origins("study", [version(1, body)])]
    assert paths == [f"study.list.{number}" for number in range(12)]


def test_a_field_that_went_and_came_back_is_laid_to_its_coming_back():
    newest = version(3, {"a": "x"}, ("study.a", "x"))
    older = [version(2, {}, ("study.a", None)), version(1, {"a": "x"})]
    assert [(of.path, of.version.record.version) for of in find_origins("study", [newest, *older])] == [("study.a", 3)]
