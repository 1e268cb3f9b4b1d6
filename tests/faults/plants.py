"""Bugs to plant, each alone: every one takes a single safeguard away, to show that the faults find what it was for."""

import contextlib
import inspect
from importlib import import_module

import git

import seqmeta.durability
import seqmeta.git_command
import seqmeta.publishing
import seqmeta.reader
import seqmeta.reader.builder
import seqmeta.recovery
import seqmeta.scratch
import seqmeta.store
import seqmeta.verification.tags


def alter(module, old, new):
    """Put other lines into a module that is imported already: what it calls by name is then the altered."""
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{module.__name__} has not once: {old}"
    exec(compile(source.replace(old, new), module.__file__, "exec"), module.__dict__)


def no_sync():
    """Sync nothing, git's objects and references neither."""
    seqmeta.git_command.SETTINGS = {**seqmeta.git_command.SETTINGS, "core.fsync": "none"}
    for module in (seqmeta.publishing, seqmeta.durability):
        module.sync_path = lambda path: None
    seqmeta.publishing.sync_paths = lambda paths, folder: None


def no_own_lock():
    """Go to work without seqmeta's own lock; that of the index is held as ever."""
    seqmeta.store.own_lock = lambda path, seconds: contextlib.nullcontext()


def no_index_lock():
    """Hold seqmeta's own lock alone, which keeps no person's git away."""
    for module in (seqmeta.store, seqmeta.recovery):
        module.index_lock = lambda git_dir, deadline: contextlib.nullcontext([])


def no_intent():
    """Write down nothing before the branch moves, so that a killed run's files are not put in place."""
    seqmeta.scratch.Scratch.write_intent = lambda self, intent: None


def no_compare_and_swap():
    """Move the branch wherever it is by then."""
    alter(seqmeta.publishing, "{intent.commit}\\0{intent.parent or NO_OBJECT}\\0", "{intent.commit}\\0\\0")


def index_commit():
    """Move the branch as GitPython's `index.commit` does, which compares nothing."""
    seqmeta.publishing.move_references = lambda repository, intent: git.Repo(repository.path).head.set_commit(
        intent.commit, logmsg="seqmeta"
    )


def no_sync_of_the_index():
    """Sync the records and not the index that goes with them."""
    real = seqmeta.publishing.sync_paths
    seqmeta.publishing.sync_paths = lambda paths, folder: real(
        [path for path in paths if not str(path).endswith("/index")], folder
    )


def rename_before_sync():
    """Sync a file that was written durably only when it has its name already."""
    alter(seqmeta.durability, "            os.fsync(stream.fileno())\n        temporary.replace(path)\n",
          "        temporary.replace(path)\n        sync_path(path)\n")  # fmt: skip
    seqmeta.scratch.write_durably = seqmeta.durability.write_durably


def no_tag_name_check():
    """Believe a tag whatever name stands inside it."""
    alter(seqmeta.verification.tags, "if tag.name != name:", "if False:")


def no_anchor_check():
    """Find every store to be the one that a checkpoint has seen."""
    import_module("seqmeta.verification.verify").check_checkpoint = lambda checkpoint, history, tags: iter(())


def no_duplicate_key_check():
    """Take the last of two equal keys, as most readers of YAML do."""
    alter(seqmeta.reader.builder, "                if key in value:\n", "                if False:\n")
    seqmeta.reader.Builder = seqmeta.reader.builder.Builder


PLANTS = {
    plant.__name__: plant for plant in (no_sync, no_own_lock, no_intent, no_sync_of_the_index, rename_before_sync)
}
"""What the writer that faults are put into can be told to have."""
