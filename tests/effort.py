"""Effort as a ratio: processor time over that of a plain loop in the same minute, so that a slow machine passes too.

The contract's figures (1 MiB: 3 s) are about one core that has nothing else to do, and a test that counted seconds
would fail wherever other work shares the core. One `unit` is the loop below, about a
second on such a core; a test allows as many units as the contract allows seconds, and half as much again.
"""

import time
from contextlib import contextmanager

ROUNDS = 33_000_000


def unit() -> float:
    """The processor time, in seconds, that a plain loop takes here and now."""
    begin = time.process_time()
    total = 0
    for number in range(ROUNDS):
        total += number
    return time.process_time() - begin


def allowed(units: float, spent: float) -> bool:
    """Whether the processor time spent, in seconds, is within so many units and half as much again.

    The loop is run only if the time would be too long on an idle core.
    """
    return spent < units or spent < 1.5 * units * max(unit(), unit())


@contextmanager
def within(units: float):
    """Fail if the block takes more than so many units of this process's own processor time."""
    begin = time.process_time()
    yield
    spent = time.process_time() - begin
    assert allowed(units, spent), f"{spent:.2f} s of processor time where {units} units are allowed"
