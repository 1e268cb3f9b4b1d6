"""Request types and order templates: rules never fail open, presets are checked like options (CONTRACT 2.2, 7)."""

from pathlib import Path
from typing import Any

import pytest
from ordering import OPTIONS, OrderLab, building, order

OPTION = "request_type.options.a"


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


@pytest.mark.parametrize(
    "rules, code, path",
    [
        ({"type": "integer", "allowed": ["76", "x"]}, "wrong_type", f"{OPTION}.allowed.1"),
        ({"type": "integer", "min": "1e3"}, "wrong_type", f"{OPTION}.min"),
        ({"type": "integer", "min": 5, "max": 1}, "out_of_range", f"{OPTION}.max"),
        ({"type": "integer", "allowed": [1], "default": 2}, "not_allowed", f"{OPTION}.default"),
        ({"type": "integer", "max": 9, "default": 10}, "out_of_range", f"{OPTION}.default"),
        ({"type": "boolean", "default": "NO"}, "wrong_type", f"{OPTION}.default"),
        ({"type": "float", "min": "a"}, "wrong_type", f"{OPTION}.min"),
        ({"type": "string", "min": 2}, "not_applicable", f"{OPTION}.min"),
        ({"type": "text"}, "not_allowed", f"{OPTION}.type"),
        ({"allowed": [1]}, "required_field", f"{OPTION}.type"),
        ({"type": "integer", "requird": True}, "unknown_field", f"{OPTION}.requird"),
        ({"type": "integer", "required": "yes"}, "wrong_type", f"{OPTION}.required"),
        ({"type": "integer", "coerce": "int"}, "unknown_field", f"{OPTION}.coerce"),
        ({"type": "string", "regex": ".*"}, "unknown_field", f"{OPTION}.regex"),
        ({"type": "string", "allowed": ["Standard", "standard"]}, "duplicate_item", f"{OPTION}.allowed.1"),
        ("integer", "wrong_type", OPTION),
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(lab, rules, code, path):
    lab.stock(Quality_control={"options": {"a": rules}})
    lab.refuses_only(code, path)


def test_rules_are_cast_by_their_type(lab):
    rules = {"a": {"type": "integer", "allowed": ["76", "108"], "default": "76"}, "b": {"type": "float", "max": "1.50"}}
    lab.stock(Quality_control={"options": rules})
    lab.quiet()
    assert lab.body("request_type", "Quality control")["options"] == {
        "a": {"type": "integer", "allowed": [76, 108], "default": 76},
        "b": {"type": "float", "max": "1.50"},
    }


def test_a_multiplier_is_an_integer_option_of_its_type(lab):
    lab.stock(Quality_control={"multiplier_option": "lanes"})
    lab.refuses_only("unknown_reference", "request_type.multiplier_option", at="lanes")
    lab.stock(Quality_control={"multiplier_option": "lanes", "options": {"lanes": {"type": "string"}}})
    lab.refuses_only("wrong_type", "request_type.multiplier_option", at="lanes")


def test_fixed_terms(lab):
    lab.stock(Quality_control={"pooling": "plate"})
    lab.refuses_only("not_allowed", "request_type.pooling", at="plate")
    lab.stock(Quality_control={"initial_state": "started"})
    lab.refuses_only("not_allowed", "request_type.initial_state", at="started")
    lab.stock(Quality_control={"price": "-0.01"})
    lab.refuses_only("out_of_range", "request_type.price", at="-0.01")
    lab.stock(Quality_control={"pooling": "Submission", "initial_state": "BLOCKED", "price": "0"})
    lab.quiet()
    body = lab.body("request_type", "Quality control")
    assert (body["pooling"], body["initial_state"]) == ("submission", "blocked")


def template(**fields: Any) -> dict[str, Any]:
    return {
        "order_template": {"name": "Tried", "request_types": ["Library creation", "Paired end sequencing"], **fields}
    }


@pytest.mark.parametrize(
    "presets, code, name",
    [
        ({"read_length": 75}, "not_allowed", "read_length"),
        ({"read_lenght": 76}, "not_applicable", "read_lenght"),
        ({"fragment_size_required": {"from": 5, "to": 4}}, "out_of_range", "fragment_size_required.to"),
        ({"number_of_lanes": 0}, "invalid_multiplier", "number_of_lanes"),
    ],
)
def test_presets_are_checked_like_options(lab, presets, code, name):
    lab.refuses_only(code, f"order_template.request_options.{name}", template(request_options=presets))


def test_a_truth_value_is_told_as_it_is_written(lab):
    rules = {"type": "boolean", "allowed": ["true"]}
    lab.stock(Quality_control={"options": {"b": {**rules, "default": "false"}}})
    told = "false is not a legal b: expected true"
    assert lab.refuses_only("not_allowed", f"{OPTION[:-1]}b.default") == told
    lab.stock(Quality_control={"options": {"b": rules}})
    tried = order(template="Three steps", request_options={**OPTIONS, "b": False})
    assert lab.refuses_only("not_allowed", "order.request_options.b", tried) == told


@pytest.mark.parametrize("types", [["Paired end sequencing"], ["Paired end sequencing", "Nothing"]])
@pytest.mark.parametrize(
    "presets, key",
    [
        ({"size": {"from": 1}, "size.from": 8}, "size.from"),
        ({"size.from": 8, "size": {"from": 8}}, "size.from"),
        ({"a": {"b": {"c": 1}, "b.c": 2}}, "a.b.c"),
        ({"a.b": {"c": 1}, "a": {"b.c": 2}}, "a.b.c"),
    ],
)
def test_a_preset_is_given_once_nested_or_dotted(lab, types, presets, key):
    whole = {"a.b.c": {"type": "integer"}, "size.from": {"type": "integer"}}
    lab.stock(Paired_end_sequencing={"options": whole})
    twice = template(request_types=types, request_options=presets)
    assert ("conflicting_fields", f"order_template.request_options.{key}") in lab.errors(twice)
    assert len(lab.errors()) == len(types), "the type that is not there, and the option that is there twice"
    once = {name: 8 for name in whole if name == key}
    lab.quiet(template(request_types=types[:1], request_options=once))


@pytest.mark.parametrize(
    "options, found",
    [
        ({"a": {"b": {"type": "integer"}}}, {("unknown_field", "a.b"), ("required_field", "a.type")}),
        (
            {"a.b": {"type": "integer"}, "a": {"b": {"type": "integer"}}},
            {("unknown_field", "a.b"), ("required_field", "a.type")},
        ),
        ({"a.b": {"type": "integer"}, "a": {"type": "string"}}, {("conflicting_fields", "a.b")}),
    ],
)
def test_rules_of_options_are_named_with_dots_and_none_lies_within_another(lab, options, found):
    lab.stock(Quality_control={"options": options})
    assert set(lab.errors()) == {(code, f"request_type.options.{path}") for code, path in found}


def test_a_template_has_request_types_that_are_known(lab):
    lab.refuses_only(
        "unknown_reference", "order_template.request_types.0", template(request_types=["Nothing"]), at="Nothing"
    )
    lab.refuses("out_of_range", "order_template.request_types", template(request_types=[]))
    lab.refuses_only("required_field", "order_template.request_types", template(request_types=None))
    lab.refuses_only(
        "unknown_reference", "order_template.superseded_by", template(superseded_by="Nothing"), at="Nothing"
    )
    lab.refuses_only("not_applicable", "order_template.superseded_by", template(superseded_by="Tried"), at="Tried")


def test_templates_that_supersede_each_other_are_refused(lab):
    def superseded(**by):
        return [template(name=name, superseded_by=other) for name, other in by.items()]

    lab.quiet(*superseded(A="B", B="C", C="D", D=None))
    found = lab.refused(*superseded(A="B", B="C", C="D", D="B"))
    assert {(of["code"], of["path"]) for of in found} == {("not_applicable", "order_template.superseded_by")}
    lines = (lab.descriptions / "work.yaml").read_text().splitlines()
    assert [lines[of["line"] - 1].strip() for of in found] == [f"superseded_by: {name}" for name in "CDB"]
    assert all(of["message"].endswith(": 'B' by 'C' by 'D' by 'B'") for of in found)


def test_an_option_that_two_types_take_is_legal_for_both(lab):
    lab.stock(Quality_control={"options": {"read_length": {"type": "integer", "max": 54}}})
    three = order(template="Three steps", request_options=OPTIONS)
    lab.refuses_only("out_of_range", "order.request_options.read_length", three)
    lab.quiet(order(template="Three steps", request_options={**OPTIONS, "read_length": 54}), building())


def test_a_default_is_legal_for_every_type_that_takes_the_option(lab):
    lab.stock(Quality_control={"options": {"read_length": {"type": "integer", "max": 75, "default": 75}}})
    left_out = {name: value for name, value in OPTIONS.items() if name != "read_length"}
    three = order(template="Three steps", request_options=left_out)
    assert "37, 54, 76, 108" in lab.refuses_only("not_allowed", "order.request_options.read_length", three)


def test_a_range_of_decimal_numbers_is_not_turned_round_by_a_default(lab):
    rules = {"size.from": {"type": "float", "default": "5.0"}, "size.to": {"type": "float"}}
    lab.stock(Quality_control={"options": rules})
    sized = order(template="Three steps", request_options={**OPTIONS, "size": {"to": "1.5"}})
    lab.refuses_only("out_of_range", "order.request_options.size.to", sized)


def test_an_option_of_one_type_within_that_of_another_is_not_lost(lab):
    lab.stock(Quality_control={"options": {"read_length.first": {"type": "integer"}}})
    both = {**OPTIONS, "read_length.first": 5}
    lab.refuses_only(
        "conflicting_fields", "order.request_options.read_length", order(template="Three steps", request_options=both)
    )
    lab.quiet(order(template="Three steps"))
