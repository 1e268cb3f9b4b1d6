"""Steps from one version of a kind's schema to the next: data that stands beside the schema to pure functions.

A body that an older schema wrote is brought forward by one `Upgrade` after the other, whenever it is read. A step
names a place by its keys with dots between them; `*` stands for every item of a list or every value of a mapping.
What is not there is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Place = tuple[str, ...]
_Act = Callable[[Mapping[str, Any], str, "Step"], dict[str, Any]]

_NAMED_BY_SEALS = {("uuid",), ("seal",), ("orders",), ("orders", "*", "uuid"), ("requests",), ("requests", "*", "uuid")}
"""What digests, seals and paths are made of keeps its name and value in every version (CONTRACT 3)."""


class UpgradeError(ValueError):
    """A body cannot be brought forward, or an upgrade is not written as this module wants it."""


class Step(NamedTuple):
    """One thing that is done at one place of a body."""

    act: str
    place: Place
    to: str = ""
    from_: str = ""
    value: Any = None


class Upgrade(NamedTuple):
    """All that leads from one version of a schema to the next, and in words what it is for."""

    about: str
    steps: tuple[Step, ...]

    def apply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Bring a body forward by one version; the one given stays as it is."""
        changed = dict(body)
        for step in self.steps:
            changed = _at(changed, step.place, step)
        return changed


def bring_forward(body: Mapping[str, Any], upgrades: Sequence[Upgrade]) -> Mapping[str, Any]:
    """Bring a body through these upgrades, in order; UpgradeError where it has already what a step would make."""
    for upgrade in upgrades:
        body = upgrade.apply(body)
    return body


def _at(value: Any, place: Place, step: Step) -> Any:
    first, *rest = place
    if first == "*" and isinstance(value, list):
        return [_at(item, tuple(rest), step) if rest else _spell(item, step) for item in value]
    if not isinstance(value, Mapping):
        return value
    if first == "*":
        return {key: _at(of, tuple(rest), step) if rest else _spell(of, step) for key, of in value.items()}
    if not rest:
        return _ACTS[step.act](value, first, step)
    return {**value, first: _at(value[first], tuple(rest), step)} if first in value else value


def _rename(body: Mapping[str, Any], key: str, step: Step) -> dict[str, Any]:
    if key not in body:
        return dict(body)
    if step.to in body:
        raise UpgradeError(f"it has both {key} and {step.to}, of which the one became the other")
    return {step.to if name == key else name: value for name, value in body.items()}


def _remove(body: Mapping[str, Any], key: str, _: Step) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != key}


def _add(body: Mapping[str, Any], key: str, step: Step) -> dict[str, Any]:
    return {**body, key: body.get(key, step.value)}


def _respell(body: Mapping[str, Any], key: str, step: Step) -> dict[str, Any]:
    return {**body, key: _spell(body[key], step)} if key in body else dict(body)


def _list(body: Mapping[str, Any], key: str, _: Step) -> dict[str, Any]:
    value = body.get(key)
    return dict(body) if value is None or isinstance(value, list) else {**body, key: [value]}


def _spell(value: Any, step: Step) -> Any:
    return step.to if step.act == "respell" and value == step.from_ else value


_ACTS: Mapping[str, _Act] = {"rename": _rename, "remove": _remove, "add": _add, "respell": _respell, "list": _list}
_NEEDS = {
    "rename": {"to"},
    "remove": set[str](),
    "add": {"value", "type"},
    "respell": {"from", "to"},
    "list": set[str](),
}
"""By act, the keys that a step has besides."""

_TYPES: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
}


def parse_upgrade(raw: Any) -> Upgrade:
    """Read an upgrade as a schema has it: `about`, and `steps`, each an act with its place and what the act needs."""
    if not isinstance(raw, Mapping) or raw.keys() != {"about", "steps"} or not isinstance(raw["steps"], list):
        raise UpgradeError("an upgrade has the keys about and steps")
    return Upgrade(str(raw["about"]), tuple(_parse_step(step) for step in raw["steps"]))


def _parse_step(raw: Any) -> Step:
    act = next((name for name in _ACTS if isinstance(raw, Mapping) and name in raw), None)
    if act is None or raw.keys() != {act} | _NEEDS[act] or not all(isinstance(of, str) for of in raw.values()):
        raise UpgradeError(f"{raw!r} is no step: expected one of {', '.join(_ACTS)} with what it needs")
    place = tuple(raw[act].split("."))
    if "" in place or (act != "respell" and place[-1] == "*"):
        raise UpgradeError(f"{raw[act]!r} is no place for {act}")
    if place in _NAMED_BY_SEALS or place[0] == "seal":
        raise UpgradeError(f"{raw[act]} is what digests, seals and paths are made of: it stays as it is")
    return Step(act, place, raw.get("to", ""), raw.get("from", ""), _parse_value(raw) if act == "add" else None)


def _parse_value(raw: Mapping[str, str]) -> Any:
    try:
        return _TYPES[raw["type"]](raw["value"])
    except (KeyError, ValueError):
        raise UpgradeError(f"{raw['value']!r} is no {raw['type']}: the types are {', '.join(_TYPES)}") from None
