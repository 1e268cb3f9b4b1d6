"""What the description of a locked or sealed order says otherwise than its record (CONTRACT 2.2).

What such an order names is looked up first in its own record: the same UUID by any name is no change, and a study
renamed or a template changed later cannot make it wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqmeta.asset_groups import is_untold
from seqmeta.held_names import find_held
from seqmeta.options import each_given, flatten, read_option
from seqmeta.order_templates import defaults, option_path, presets, takers_of
from seqmeta.records import Body, Record
from seqmeta.step import Described, Path, Step
from seqmeta.values import as_text, list_few, shorten

FIXED = {"template": "order_template", "project": "project", "study": "study"}
"""What an order cannot change after its first record: the field, and the kind it refers to."""

_TEMPLATE = FIXED["template"]

Change = tuple[Path, str]
"""Where a description differs, and in words what it says and what is recorded."""


def find_changes(step: Step, described: Described, record: Record) -> Iterator[Change]:
    """Find where the description of a locked or sealed order differs from its record."""
    said, recorded = described.body, record.body
    if described.name != recorded.get("name"):
        yield ("name",), recorded_text(recorded, "name")
    yield from find_fixed_changes(step, described, record, is_held=True)
    yield from _asset_changes(step, described, record)
    yield from _option_changes(step, described, record)
    if said.get("comments") != recorded.get("comments"):
        yield ("comments",), recorded_text(recorded, "comments")
    if said.get("withdrawn", False) != recorded.get("withdrawn", False):
        yield ("withdrawn",), "it is withdrawn" if recorded.get("withdrawn") else "it is not withdrawn"


def find_fixed_changes(step: Step, described: Described, record: Record, *, is_held: bool) -> Iterator[Change]:
    """Find changes of what an order keeps from its first record on; a held one's own record is asked first."""
    for name, kind in FIXED.items():
        reference = record.body[name]
        text = described.body[name]
        found = find_held(step, record, name, [text])[0] if is_held else next(iter(step.find(kind, text)), None)
        is_told = found is not None or (is_held and not step.is_faulty(kind, text))
        if found != reference["uuid"] and is_told:
            yield (name,), f"the {name} is {reference.get('name')!r}"


def recorded_text(recorded: Body, name: str) -> str:
    """Say what a record has as a plain text field."""
    if name not in recorded:
        return f"it has no {name}"
    return f"its {name} {'are' if name.endswith('s') else 'is'} {shorten(recorded[name])}"


def _asset_changes(step: Step, described: Described, record: Record) -> Iterator[Change]:
    said, recorded = described.body, record.body
    group = recorded.get("asset_group")
    assets = said.get("assets")
    if assets is not None:
        uuids = find_held(step, record, "assets", assets)
        made = step.records.get(group["uuid"]) if group is not None else None  # even where it is described now
        is_other = uuids != [asset["uuid"] for asset in recorded["assets"]] and not is_untold(
            step, "asset", assets, uuids
        )
        if is_other or not _is_made_by(described, made and made.body):
            yield ("assets",), f"the assets are {_names(recorded['assets'])}"
    elif not names_group(described) and group is not None and _is_made_by(described, step.body(group["uuid"])):
        yield ("assets",), f"the assets are {_names(recorded['assets'])}"
    yield from _group_changes(step, described, record)


def names_group(order: Described) -> bool:
    """Whether the description of an order names a group, by its name or UUID."""
    return not {"asset_group", "asset_group_name"}.isdisjoint(order.body)


def _is_made_by(described: Described, group: Body | None) -> bool:
    return group is not None and group.get("order", {}).get("uuid") == described.uuid


def _group_changes(step: Step, described: Described, record: Record) -> Iterator[Change]:
    said, group = described.body, record.body.get("asset_group")
    words = f"the asset group is {group['name']!r}" if group is not None else "there is no asset group"
    if "asset_group" in said:
        texts = [said["asset_group"]]
        found = find_held(step, record, "asset_group", texts)
        if (group is None or found != [group["uuid"]]) and not is_untold(step, "asset_group", texts, found):
            yield ("asset_group",), words
    elif "asset_group_name" in said:
        is_other = group is None or not _names_group(step, described, group)
        if is_other and not step.is_faulty("asset_group", said["asset_group_name"]):
            yield ("asset_group_name",), words
    elif group is not None and group["name"] != described.uuid:
        yield ("asset_group_name",), words


def _names_group(step: Step, order: Described, group: Any) -> bool:
    """Whether `asset_group_name` is a name of the recorded group, or its UUID: beside assets a UUID names a new one."""
    text = order.body["asset_group_name"]
    if text.lower() == group["uuid"]:
        return "assets" not in order.body
    names = {group["name"], (step.body(group["uuid"]) or group)["name"]}
    return text in names.union(step.formerly.get(order.uuid, {}).get(group["uuid"], ()))


def _names(references: list[Any]) -> str:
    return list_few(str(reference.get("name", reference["uuid"])) for reference in references) or "none"


_Texts = Sequence[Mapping[str, str]]
"""What an option may be that a description does not give, dotted: presets, and defaults."""


def _option_changes(step: Step, described: Described, record: Record) -> Iterator[Change]:
    given = list(each_given(described.body.get("request_options", {})))
    named = {name for name, _ in given}
    effective = flatten(record.body["request_options"])
    types: list[Body] = record.body["request_types"]
    others = (name for name, text in given if name not in effective or not _says(types, name, text, effective[name]))
    changed = dict.fromkeys(others)
    rest = {name: value for name, value in effective.items() if name not in named}
    unsaid = list(rest)
    for texts in _not_given(step, record) if rest else ():
        unsaid = min(unsaid, _find_unsaid(types, rest, texts), key=len)
        if not unsaid:
            break
    for name in [*changed, *unsaid]:
        was = as_text(effective[name]) if name in effective else "not given"
        yield option_path(name), f"the option {name} is {was}"


def _not_given(step: Step, record: Record) -> Iterator[_Texts]:
    """What options may be that are not given, as it may have been when a record was made, the likeliest first."""
    uuid, history = record.body["template"]["uuid"], step.history
    is_sealed, by_default = record.body["state"] == "sealed", defaults(record.body["request_types"])
    known = None if is_sealed else step.records.get(uuid)
    template: Body = (step.body(uuid) if is_sealed else known.body if known is not None else None) or {}
    yield [presets(template), by_default]
    if history is None:
        return
    if is_sealed and (then := history.when_sealed(record.body["submission"]["uuid"], _TEMPLATE, uuid)) is not None:
        yield [presets(then), by_default]
    # While its description is away, or in another workspace, an order stays what earlier sources made it.
    versions = [defaults(of["request_types"]) for of in history.when_recorded(record.uuid, "order", record.uuid)]
    for of in (template, *history.when_recorded(record.uuid, _TEMPLATE, uuid)):
        yield [presets(of), by_default, *versions]


def _find_unsaid(types: Sequence[Body], options: Mapping[str, Any], texts: _Texts) -> list[str]:
    """Name the options that are none of what they may be when they are not given."""
    return [
        name
        for name, value in options.items()
        if not any(_says(types, name, of[name], value) for of in texts if name in of)
    ]


def _says(types: Sequence[Body], name: str, text: str, value: Any) -> bool:
    """Whether a text is the recorded value to any type that takes the option; once the first one's was stored."""
    return any(read_option(name, rules, text)[0] == value for rules in takers_of(types, name))
