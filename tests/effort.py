"""Effort as a ratio: processor time over that of a plain loop in the same minute, so that a slow machine passes too.

The contract's figures (1 MiB: 3 s) are about one core that has nothing else to do, and a test that counted seconds
would fail wherever other work shares the core. One `unit` is the loop below, about a
second on such a core; a test allows as many units as the contract allows seconds, and half as much again.

Where the code that may take too long is known, its steps are counted instead, for so much and for twice as much.
"""

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

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


def steps(do: Callable[[], object], *modules: ModuleType) -> int:
    """Count the steps that the interpreter takes in the code of these modules while this is done: by no clock."""
    files = {module.__file__ for module in modules}
    counted = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal counted
        if event == "call":
            if frame.f_code.co_filename not in files:
                return None
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
        counted += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        do()
    finally:
        sys.settrace(before)
    return counted


def assert_linear(prepare: Callable[[int], Callable[[], object]], size: int, *modules: ModuleType) -> None:
    """Fail if these modules take more than some twice as many steps for twice as much; the first one only warms up."""
    prepare(size)()
    once, twice = (steps(prepare(of), *modules) for of in (size, 2 * size))
    assert once > size, "next to nothing was counted: was it done elsewhere?"
    assert twice < 2.5 * once, f"{size} take {once:,} steps, {2 * size} take {twice:,}"
