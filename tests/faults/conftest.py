"""How hard the faults hit: `SEQMETA_SEED` replays a run, `SEQMETA_HITS` says how often."""

import os
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture
def seed(record_property) -> int:
    """Choose the seed of this test and write it down; the same one gives the same story and the same moments."""
    chosen = int(os.environ.get("SEQMETA_SEED") or random.SystemRandom().randrange(1 << 30))
    sys.stdout.write(f"SEQMETA_SEED={chosen}\n")
    record_property("seed", chosen)
    return chosen
