"""Bugs to plant into a writer: each takes one safeguard away, to show that the faults find what it was for."""

import contextlib

import seqmeta.durability
import seqmeta.git_command
import seqmeta.publishing
import seqmeta.scratch
import seqmeta.store


def no_sync():
    """Sync nothing, git's objects and references neither."""
    seqmeta.git_command.SETTINGS = {**seqmeta.git_command.SETTINGS, "core.fsync": "none"}
    for module in (seqmeta.publishing, seqmeta.durability):
        module.sync_path = lambda path: None
    seqmeta.publishing.sync_paths = lambda paths, folder: None


def no_lock():
    """Hold neither seqmeta's own lock nor that of the index, and take the branch as it is found."""
    seqmeta.store.own_lock = lambda path, seconds: contextlib.nullcontext()
    seqmeta.store.index_lock = lambda git_dir, deadline: contextlib.nullcontext()


def no_intent():
    """Write down nothing before the branch moves, so that a killed run's files are not put in place."""
    seqmeta.scratch.Scratch.write_intent = lambda self, intent: None


PLANTS = {"no_sync": no_sync, "no_lock": no_lock, "no_intent": no_intent}
