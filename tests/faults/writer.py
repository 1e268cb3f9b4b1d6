"""A writer to be killed: publishes steps of a story that only the seed decides, and says which ones were acknowledged.

    writer.py RECORDS SEED STEPS [wait] [PLANT]

The next step is read from the store, so that a writer started anew goes on by itself. `wait` prints `ready` once
all is imported and goes on when a line comes in: whoever injects faults into system calls wants no others. A plant
is a bug put in on purpose.
"""

import os
import random
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plants import PLANTS
from storing import COMMITTER, WHEN, record

from seqmeta.errors import StoreError
from seqmeta.store import Tag, open_store


def step_files(seed: int, step: int) -> dict[str, bytes]:
    """Say what a step writes: 1 to 50 records, some new and some there before."""
    chance = random.Random(f"{seed}/{step}")
    numbers = {chance.randrange(120) for _ in range(chance.randint(1, 50))}
    return dict(record(number, f"step {step}") for number in numbers)


def step_tags(seed: int, step: int) -> list[str]:
    """Say which seals a step makes."""
    return [f"seal/{step}-{number}" for number in range(random.Random(f"{seed}/{step}/tags").choice((0, 0, 1, 3)))]


def state_after(seed: int, step: int) -> dict[str, bytes]:
    """Say what the store holds after a step; after step 0 nothing."""
    files: dict[str, bytes] = {}
    for number in range(1, step + 1):
        files |= step_files(seed, number)
    return files


def say(line: str) -> None:
    """Say one line at once: what is said is what the writer was told is done."""
    with suppress(OSError):  # a fault may hit this very write
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main(folder: Path, seed: int, steps: int) -> None:
    """Publish step after step; where the tests that began it are gone, it ends too."""
    began = os.getppid()
    store = open_store(folder, create=True)
    while os.getppid() == began:
        with store.locked() as findings:
            for finding in findings:
                say(f"found {finding.code} {finding.path}")
            head = store.repository.head()
            done = 0 if head is None else int(next(store.repository.log(head)).message.split()[1])
            if done >= steps:
                return
            step = done + 1
            store.publish(
                parent=head,
                files=step_files(seed, step),
                message=f"step {step}",
                committer=COMMITTER,
                when=WHEN + step,
                tags=lambda commit, first, step=step: [Tag(name, f"root {commit}") for name in step_tags(seed, step)],
            )
        say(f"published {step}")


if __name__ == "__main__":
    for plant in set(sys.argv[4:]) - {"wait"}:
        PLANTS[plant]()
    if "wait" in sys.argv[4:]:
        import git.cmd  # noqa: F401

        say("ready")
        sys.stdin.readline()
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except StoreError as error:
        say(f"{type(error).__name__}: {error}")
        sys.exit(3)
