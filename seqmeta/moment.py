"""What enters a run from outside, besides what it is given to read."""

from pathlib import Path
from typing import NamedTuple

from seqmeta.telling import Tell, tell_nobody


class Moment(NamedTuple):
    """When a run is: the time in seconds since 1970 and as stored; whose it is, by the person's home folder.

    `tell` is told of long work how far it is.
    """

    seconds: int
    text: str
    home: Path
    tell: Tell = tell_nobody
