"""The name of an order template to the commented lines of the options that an order over it takes."""

from typing import NamedTuple

from seqmeta.errors import UsageError
from seqmeta.judging import plan
from seqmeta.moment import Moment
from seqmeta.option_skeletons import collect_options, render_options
from seqmeta.order_templates import presets
from seqmeta.vocabulary import expected
from seqmeta.workspace import Workspace


class TemplateOptions(NamedTuple):
    """A template by its name, and the lines below `request_options`."""

    template: str
    lines: list[str]


def find_template_options(workspace: Workspace, moment: Moment, word: str) -> TemplateOptions:
    """Find a template by name or UUID among descriptions and records; UsageError where none takes new orders."""
    step = plan(workspace, moment, whole=True).step
    found = step.find("order_template", word)
    if len(found) != 1:
        names = [of.name for of in step.of_kind("order_template")]
        names += [of.body["name"] for of in step.records.of_kind("order_template")]
        known = list(dict.fromkeys(name for name in names if name is not None))
        what = "there is no template" if not found else "more than one template goes by"
        raise UsageError(f"{what} {word!r}: {expected(word, known)}")
    template = step.body(found[0])
    types = [step.body(of["uuid"]) for of in (template or {}).get("request_types", ())]
    if template is None or any(of is None for of in types):
        raise UsageError(f"the template {word!r} has errors: `seqmeta check` names them")
    if "superseded_by" in template:
        successor = template["superseded_by"]
        raise UsageError(f"the template {word!r} takes no new orders: take {successor.get('name', successor['uuid'])}")
    options = collect_options([of for of in types if of is not None])
    return TemplateOptions(template["name"], render_options(options, presets(template)))
