"""Names and what has them, wherever they lie: in memory, or most of them in a temporary database."""

import pytest

from seqmeta import spilling
from seqmeta.namesakes import Names
from seqmeta.overflow import Overflow

pytestmark = pytest.mark.parametrize("most", [1, 3, 1000])


@pytest.fixture
def names(most: int, monkeypatch: pytest.MonkeyPatch) -> Names:
    monkeypatch.setattr(spilling, "MOST_IN_MEMORY", most)
    return Names(Overflow())


def test_a_name_is_found_as_it_is_written_and_where_it_was_given(names: Names) -> None:
    for number in range(20):
        assert names.add("biosample", "", f"S{number}", f"uuid-{number}") is None
        assert names.add("asset_group", f"study {number}", "plate", f"group-{number}") is None
    assert [names.find("biosample", "", f"S{number}") for number in range(20)] == [f"uuid-{n}" for n in range(20)]
    assert names.find("asset_group", "study 7", "plate") == "group-7"
    assert names.some("asset_group", "study 7", 9) == ["plate"]
    for absent in (("biosample", "", "s7"), ("biosample", "", "S20"), ("asset", "", "S7"), ("biosample", "x", "S7")):
        assert names.find(*absent) is None


def test_of_a_name_in_several_cases_the_first_is_told_each_time(names: Names) -> None:
    assert names.add("study", "", "Straße", "first") is None
    assert names.add("study", "", "STRASSE", "second") == "first"
    assert names.add("study", "", "strasse", "third") == "first"
    assert names.add("study", "", "Another", "fourth") is None
    assert names.add("project", "", "STRASSE", "of another kind") is None
    found = [names.find("study", "", name) for name in ("Straße", "STRASSE", "strasse", "StRaSsE")]
    assert found == ["first", "second", "third", None]
    assert names.some("study", "", 9) == ["Another", "STRASSE", "Straße", "strasse"]
    assert names.some("study", "", 3) == ["Another", "STRASSE", "Straße"]
    assert names.some("study", "elsewhere", 9) == []


def test_what_is_said_twice_of_a_name_is_known_once(names: Names) -> None:
    """A stub is named by each run that is about it."""
    for _ in range(3):
        assert names.add("biosample", "", "S-1", "stub") is None
        assert names.add("biosample", "", "s-1", "other stub") == "stub"
    assert names.some("biosample", "", 9) == ["S-1", "s-1"]


def test_a_name_of_many_lines_is_a_name_as_any(names: Names) -> None:
    name = "two\nlines"
    names.add("study", "", name, "uuid")
    names.add("study", "", "another", "other")
    assert names.find("study", "", name) == "uuid"
    assert names.some("study", "", 9) == ["another", name]
