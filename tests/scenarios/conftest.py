"""What scenarios have in common: an empty laboratory."""

from pathlib import Path

import pytest
from lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Make a workspace without descriptions."""
    return Lab(tmp_path / "lab")
