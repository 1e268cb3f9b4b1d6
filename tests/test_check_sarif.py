"""`seqmeta check --format sarif`: the same problems as JSON has, in SARIF 2.1.0 (OASIS, sections 3.13 to 3.30)."""

import json

from lab import Lab, biosamples, run_of


def sarif(lab):
    code, out, _ = lab.call("check", "--format", "sarif")
    return code, json.loads(out)


def test_the_problems_of_check_as_results(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(library_strategy="AMPLICONS", library_source=None), name="run ü.yaml")
    problems = lab.check()
    code, log = sarif(lab)
    assert (code, log["version"]) == (1, "2.1.0")
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted({problem["code"] for problem in problems})
    assert len(problems) == 2
    for problem, result in zip(problems, run["results"], strict=True):
        assert (result["ruleId"], result["level"]) == (problem["code"], problem["severity"])
        assert rules[result["ruleIndex"]] == problem["code"]
        assert problem["message"] in result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "config/descriptions/run%20%C3%BC.yaml"
        assert place["region"] == {"startLine": problem["line"], "startColumn": problem["column"]}


def test_nothing_wrong_is_a_log_without_results(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples())
    code, log = sarif(lab)
    assert (code, log["runs"][0]["results"], log["runs"][0]["tool"]["driver"]["rules"]) == (0, [], [])
