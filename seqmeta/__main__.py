"""`python -m seqmeta` is the command `seqmeta`."""

import sys

from seqmeta.cli import main

sys.exit(main())
