"""A judgement to money: what its new events charge each project, and what the requests that it seals will cost.

Nothing of it is stored: charges are made from events (CONTRACT 2.4), and a request costs nothing before it has passed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqmeta.accounts import Accounts, book_events, book_passes, plain_account, sort_payers, subtract
from seqmeta.applying import is_sealing
from seqmeta.changes import Change
from seqmeta.judgement import Judgement
from seqmeta.records import Body
from seqmeta.step import Step

_COSTS = {"project": "project", "uuid": "uuid", "charged": "requests", "unpriced": "unpriced", "amount": "amount"}
"""What a row of costs has of an account, under its name there."""


class PlannedCharges(NamedTuple):
    """Accounts as rows, by project: `booked` by the events of a run, `expected` once what it seals has passed."""

    booked: Sequence[Mapping[str, Any]]
    expected: Sequence[Mapping[str, Any]]


def find_charges(judgement: Judgement) -> PlannedCharges:
    """Find what a run charges; a submission that it seals is expected to pass as a whole, once."""
    booked: Accounts = {}
    before: Accounts = {}
    expected: Accounts = {}
    names: dict[str, str] = {}
    for change in filter(is_sealing, judgement.changes.of_kinds("submission")):
        names.update(_name_projects(judgement.step, change.body["requests"]))
        book_passes(expected, change.body["requests"])
    for change in judgement.changes.of_kinds("progress"):
        requests = _requests_of(judgement, change)
        names.update(_name_projects(judgement.step, requests))
        book_events(booked, requests, change.body)
        book_events(before, requests, change.before)
    costs = ({_COSTS[key]: value for key, value in row.items() if key in _COSTS} for row in _rows(expected, names))
    return PlannedCharges(list(_rows(subtract(booked, before), names)), list(costs))


def describe_costs(row: Mapping[str, Any]) -> str:
    """Say what a row of `expected` comes to, with how many requests it is for."""
    requests, unpriced = row["requests"], row["unpriced"]
    amount = f" {row['amount']:f}" if unpriced < requests else ""
    counted = f"{requests} request{'' if requests == 1 else 's'}" + (
        f", {unpriced} without a price" if unpriced else ""
    )
    return f"project {row['project']}{amount} once all that is sealed has passed: {counted}"


def describe_booked(row: Mapping[str, Any]) -> str:
    """Say what a row of `booked` comes to: `project Grant -80.50: 0 charged, 1 refunded`."""
    payer = f"project {row['project']}" if row["uuid"] is not None else "the laboratory itself"
    amount = f" {row['amount']:f}" if row["amount"] or not row["unpriced"] else ""
    unpriced = f", {row['unpriced']} without a price" if row["unpriced"] else ""
    return f"{payer}{amount}: {row['charged']} charged, {row['refunded']} refunded{unpriced}"


def _requests_of(judgement: Judgement, progress: Change) -> Sequence[Body]:
    submission = judgement.step.body(progress.body["submission"]["uuid"])
    requests: Sequence[Body] = submission["requests"] if submission is not None else []
    return requests


def _name_projects(step: Step, requests: Sequence[Body]) -> dict[str, str]:
    """The names that the projects of requests have after the run, by UUID; the requests have those of the seal."""
    projects = (request["project"] for request in requests)
    sealed = {project["uuid"]: project["name"] for project in projects if project is not None}
    return {uuid: step.name("project", uuid) or name for uuid, name in sealed.items()}


def _rows(accounts: Accounts, names: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    return (plain_account(payer, names, accounts[payer]) for payer in sort_payers(accounts, names))
