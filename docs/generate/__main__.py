"""Makes the pages of docs/reference/ that come from the program: `python docs/generate`, or `make docs`."""

from pathlib import Path

from reference import PAGES

TARGET = Path(__file__).resolve().parents[1] / "reference"

for name, write in PAGES.items():
    (TARGET / name).write_text(write(), encoding="utf-8")
