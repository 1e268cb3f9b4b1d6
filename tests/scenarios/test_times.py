"""Times and dates: how they may be written, and how they are stored (CONTRACT 2.1 and 7)."""

import pytest
from lab import RUN_ID, Lab, biosamples, dump, library_of, sequenced

GOOD = {
    "2020-03-22T10:05:00Z": "2020-03-22T10:05:00Z",
    "2020-03-22t10:05:00z": "2020-03-22T10:05:00Z",
    "2020-03-22 10:05:00Z": "2020-03-22T10:05:00Z",
    "2020-03-22 10:05": "2020-03-22T10:05:00Z",
    "2020-03-22T10:05": "2020-03-22T10:05:00Z",
    "2020-03-22T10:05:00+00:00": "2020-03-22T10:05:00Z",
    "2020-03-22T10:05:00-00:00": "2020-03-22T10:05:00Z",
    "2020-03-22T12:05:00+02:00": "2020-03-22T10:05:00Z",
    "2020-03-22T00:35:00+14:00": "2020-03-21T10:35:00Z",
    "2019-12-31T23:00:00-05:30": "2020-01-01T04:30:00Z",
    "2020-03-22T10:05:00.5Z": "2020-03-22T10:05:00.5Z",
    "2020-03-22T10:05:00.123456789+01:00": "2020-03-22T09:05:00.123456789Z",
    "2020-02-29T00:00:00Z": "2020-02-29T00:00:00Z",
}
BAD = (
    "2020-03-22",
    "2020-03-22T10:05:00",
    "22/03/2020 10:05",
    "2020-13-01T00:00:00Z",
    "2021-02-29T00:00:00Z",
    "2020-03-22T24:00:00Z",
    "2020-03-22T10:60:00Z",
    "2020-03-22T10:05:00+0200",
    "2020-03-22T10:05:00+02",
    "2020-03-22T10:05:00+24:00",
    "2020-03-22T10:05:00+01:60",
    "2020-03-22T10:05:00+01:99",
    "2016-12-31T23:59:60Z",
    "2020-03-22T10:05:00.Z",
    "2020-03-22T10:05:00.%sZ" % ("0" * 31),
    "2020-03-22T10:05:00 Z",
    "20200322T100500Z",
    "2020-3-22 10:05",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+10:00",
    "9999-12-31T23:59:00-10:00",
    "٢٠٢٠-03-22T10:05:00Z",
    "1584871500",
    "now",
)


def _run(**fields):
    return biosamples(), library_of(), sequenced(**fields)


@pytest.mark.parametrize("text, stored", GOOD.items())
def test_times_are_stored_as_utc(lab, text, stored):
    lab.write("work.yaml", dump(*_run()) + f"  start_time: {text}\n  end_time: '{text}'\n")
    lab.good()
    body = lab.body("sequencing_run", RUN_ID)
    assert (body["start_time"], body["end_time"]) == (stored, stored)


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_time(lab, text):
    lab.write("work.yaml", dump(*_run()) + f"  start_time: {text}\n")
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("invalid_time", "sequencing_run.start_time")
    assert problem["column"] == len("  start_time: ") + 1
    assert text in problem["message"]


@pytest.mark.parametrize(
    "start, end",
    [
        ("2020-03-22T10:05:00Z", "2020-03-22T10:04:59Z"),
        ("2020-03-22 10:05", "2020-03-22T12:04:00+02:00"),
        ("2020-03-22T10:05:00.10Z", "2020-03-22T10:05:00.09Z"),
        ("2020-03-22T10:05:00.1Z", "2020-03-22T10:05:00Z"),
    ],
)
def test_a_run_does_not_end_before_it_starts(lab, start, end):
    assert lab.errors(*_run(start_time=start, end_time=end)) == [("out_of_range", "sequencing_run.end_time")]


@pytest.mark.parametrize(
    "start, end",
    [
        ("2020-03-22 10:05", "2020-03-22 10:05"),
        ("2020-03-22T10:05:00.1Z", "2020-03-22T10:05:00.100Z"),
        ("2020-03-22T10:05:00.5Z", "2020-03-22T10:05:00.51Z"),
        ("2020-03-22T12:05:00+02:00", "2020-03-22 10:05"),
    ],
)
def test_a_run_may_end_as_it_starts(lab, start, end):
    assert lab.errors(*_run(start_time=start, end_time=end)) == []


@pytest.mark.parametrize("key", ["start_time", "end_time"])
def test_no_run_is_in_the_future(lab, key):
    errors = lab.errors(*_run(**{key: "2999-01-01 00:00"}))
    assert errors == [("out_of_range", f"sequencing_run.{key}")]


def test_two_spellings_of_one_instant_are_no_change(lab: Lab):
    lab.good(*_run(start_time="2020-03-22 10:05"))
    assert lab.good(*_run(start_time="2020-03-22T12:05:00+02:00"))["commit"] is None
