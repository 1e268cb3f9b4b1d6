"""Proves a store of records from its own objects and history, without changing anything (CONTRACT 3, 6 and 7)."""

from seqmeta.verification.checkpoints import write_checkpoint
from seqmeta.verification.findings import Finding, Strength, Verdict, plain_verdict
from seqmeta.verification.verify import verify

__all__ = ["Finding", "Strength", "Verdict", "plain_verdict", "verify", "write_checkpoint"]
