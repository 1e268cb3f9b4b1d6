"""Descriptions of 1 MiB that are made to cost much: answered within 3 s and 300 MB (CONTRACT 6)."""

import json
import subprocess
import sys

import pytest
from effort import allowed
from lab import dump, run_of

SIZE = 2**20
SAMPLES = "\n  biosamples:\n  - BIRM-XXXXX\n  - BIRM-YYYYY\n  - BIRM-ZZZZZ\n"


def _fill(before, items, after, separator=", "):
    """Put as many of the items between two texts as go into 1 MiB."""
    room = SIZE - len(before) - len(after)
    taken = []
    for item in items:
        room -= len(item) + len(separator)
        if room < 0:
            break
        taken.append(item)
    return before + separator.join(taken) + after


def _numbered(pattern):
    return (pattern.replace("#", str(number)) for number in range(500_000))


def _of_samples(items):
    before, after = dump(run_of()).split(SAMPLES)
    return _fill(f"{before}\n  biosamples: [", items, f"]\n{after}")


CATALOGUE = """\
request_type: {name: a}
---
order_template: {name: t, request_types: [a]}
---
project: {name: p}
---
study: {name: s}
---
"""


def _orders():
    allowed = ", ".join(f"v{number}" for number in range(50_000))
    catalogue = f"request_type: {{name: a, options: {{o: {{type: string, allowed: [{allowed}]}}}}}}\n---\n"
    catalogue += "order_template: {name: t, request_types: [a]}\n---\nproject: {name: p}\n---\nstudy: {name: s}\n---\n"
    order = "{name: n#, template: t, project: p, study: s, request_options: {o: v#}}"
    return _fill(f"{catalogue}orders: [", _numbered(order), "]\n")


def _orders_of_a_group():
    """Each of many orders names a group of many assets: their records would hold them all."""
    names = ", ".join(f"x{number}" for number in range(5000))
    before = f"{CATALOGUE}assets: [{', '.join(f'{{name: x{number}}}' for number in range(5000))}]\n---\n"
    before += f"asset_group: {{name: g, study: s, assets: [{names}]}}\n---\norders: ["
    return _fill(before, _numbered("{name: o#, template: t, project: p, study: s, asset_group_name: g}"), "]\n")


def _orders_with_many_rules():
    """Each of many orders has a request type of many options with many legal values: their records would hold them."""
    values = ", ".join(f"v{number}" for number in range(100))
    options = ", ".join(f"o{number}: {{type: string, allowed: [{values}]}}" for number in range(250))
    before = f"{CATALOGUE.replace('name: a', f'name: a, options: {{{options}}}')}orders: ["
    return _fill(before, _numbered("{name: o#, template: t, project: p, study: s}"), "]\n")


CASES = {
    "orders of a large group": _orders_of_a_group,
    "orders with many rules": _orders_with_many_rules,
    "unknown references": lambda: _of_samples(_numbered("N#")),
    "samples that are empty": lambda: _of_samples(_numbered("{}")),
    "illegal terms": lambda: _of_samples(_numbered("{central_sample_id: s#, library_source: GENO#}")),
    "unknown keys": lambda: _fill("sequencing_run: {", _numbered("k#: v"), "}\n"),
    "unknown keys that are nearly known": lambda: _fill(
        "sequencing_run: {", _numbered("library_seq_protoco#: v"), "}\n"
    ),
    "second keys of a document": lambda: _fill("study: {name: S}\n", _numbered("k#: v"), "\n", "\n"),
    "things that are empty": lambda: _fill("sequencing_runs: [", _numbered("{}"), "]\n"),
    "unknown kinds": lambda: _fill("", _numbered("sequencing_rum#: {a: b}"), "\n", "\n---\n"),
    "one thing many times": lambda: _fill("biosamples: [", _numbered("{central_sample_id: a}"), "]\n"),
    "option rules": lambda: _fill(
        "request_type: {name: a, options: {", _numbered("o#: {type: integer, min: x}"), "}}\n"
    ),
    "orders over a long list of values": _orders,
    "brackets": lambda: "sequencing_run: " + "[" * (SIZE - 20),
    "one long value": lambda: dump(run_of(start_time="9" * (SIZE - 1000))),
}


ALWAYS = (
    "orders of a large group",
    "unknown references",
    "unknown keys",
    "one thing many times",
    "orders over a long list of values",
    "brackets",
)


MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stderr, usage.ru_maxrss, usage.ru_utime + usage.ru_stime]))
"""
"""Runs a command from a small process: what a process held before it became the command counts as the command's too,
and one that runs thousands of tests holds as much as is allowed here."""


@pytest.mark.parametrize("name", [of if of in ALWAYS else pytest.param(of, marks=pytest.mark.soak) for of in CASES])
def test_one_mebibyte_made_to_cost_much(lab, name):
    lab.write("work.yaml", CASES[name]())
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "seqmeta", "-C", str(lab.root), "check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    code, complaint, kibibytes, seconds = json.loads(done.stdout)
    assert code == 1, complaint
    assert kibibytes < 300 * 1024
    assert allowed(3, seconds)


def test_orders_that_are_too_much_together_are_refused_at_the_first_too_many(lab):
    """And nothing follows from it: the submission that has them is not called incomplete."""
    names = [f"x{number}" for number in range(400)]
    group = {"asset_group": {"name": "g", "study": "s", "assets": names}}
    order = {"template": "t", "project": "p", "study": "s", "asset_group_name": "g"}
    orders = {"orders": [{"name": f"o{number}", **order} for number in range(300)]}
    lab.write("catalogue.yaml", CATALOGUE + dump({"assets": [{"name": name} for name in names]}, group))
    assert lab.errors({"orders": orders["orders"][:200]}) == []
    submission = {"submission": {"name": "S", "orders": [f"o{number}" for number in range(300)], "submit": True}}
    assert lab.errors(orders, submission) == [("out_of_range", "order.asset_group_name")]
