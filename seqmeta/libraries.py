"""Libraries described alone: what may stand on each biosample instead of on the library (CONTRACT 2.1)."""

from typing import Any

from seqmeta.problems import Finding

PER_SAMPLE = ("library_source", "library_selection", "library_strategy")


def finish(normal: dict[str, Any]) -> list[Finding]:
    """Find what neither the library nor each of its biosamples says."""
    if not isinstance(normal.get("biosamples"), list):
        return []
    findings = []
    for name in PER_SAMPLE:
        without = [index for index, sample in enumerate(normal["biosamples"]) if name not in sample]
        if name in normal or not without:
            continue
        if len(without) == len(normal["biosamples"]):
            message = f"{name} is missing: give it for the library, or for each of its biosamples"
            findings.append(Finding((name,), "required_field", message))
        else:
            message = f"{name} is missing: neither the library nor this biosample has it"
            findings += [Finding(("biosamples", index, name), "required_field", message) for index in without]
    return findings
