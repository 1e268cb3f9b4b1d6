# The configuration is read by seqmeta, never by `configfile:`, which changes NO and runs code that stands in YAML.
# Run by itself the workflow has the `config/config.yaml` of its working directory; as a module the dict it is given,
# an empty one too.
import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")


# The file for conda names, at its end, the release that this workflow is of.
TOOLS, RELEASE = (
    Path(workflow.source_path("../envs/seqmeta.yaml")).read_text().split("seqmeta ==")
)


def read_state(own):
    """Ask seqmeta for the shards of the descriptions, the results folder, and where the store stands."""
    if shutil.which("seqmeta") is None:
        raise WorkflowError(
            "the command seqmeta is not installed where snakemake is: `pip install git+ADDRESS@TAG`, with the address"
            " and the tag of the repository that this workflow is from"
        )
    words = (
        ["seqmeta", "shards"] if own is None else ["seqmeta", "--config", "-", "shards"]
    )
    asked = subprocess.run(words, input=json.dumps(own), capture_output=True, text=True)
    if asked.returncode:
        raise WorkflowError(asked.stderr.strip())
    state = json.loads(asked.stdout)
    if state.get("version") != RELEASE.strip():
        raise WorkflowError(
            f"this workflow is of seqmeta {RELEASE.strip()}, and the command seqmeta is {state.get('version', 'older')}:"
            " install the command from the tag that the workflow is from"
        )
    if "{" in state["results"] or "}" in state["results"]:
        raise WorkflowError(
            f"the folder of results {state['results']!r} has braces, which are wildcards to Snakemake: name another"
        )
    return state


def refuse_links(*paths):
    """Stop where a path that the workflow writes to, or a folder above it, is a link: it may lead anywhere."""
    for path in paths:
        above = path.parents[:1] if path.is_absolute() else path.parents
        link = next((way for way in (*above, path) if way.is_symlink()), None)
        if link is not None:
            raise WorkflowError(
                f"{link} is a symbolic link, and the workflow writes there: remove it"
            )


def find_matching(path):
    """List what is there beside a path whose name has a wildcard."""
    return path.parent.glob("*") if "{" in path.name else ()


def write_if_changed(path, text):
    """Write a file only when its text is another: what depends on it must not run again for nothing."""
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def config_file():
    """Name the configuration's file anew for each rule: `ancient` in one rule would else be ancient in all of them."""
    return (
        local("config/config.yaml") if OWN_CONFIG is None else "<results>/config.json"
    )


GIVEN = {key: value for key, value in config.items() if key != "pathvars"}
OWN_CONFIG = (
    GIVEN if GIVEN or getattr(workflow.modifier, "skip_configfile", False) else None
)
RUNS_BY_ITSELF = getattr(workflow.modifier, "parent_modifier", True) is None
if OWN_CONFIG is not None and RUNS_BY_ITSELF and Path("config/config.yaml").exists():
    raise WorkflowError(
        "--config, --configfile and `configfile:` would take the place of all that config/config.yaml says, the folder of"
        " the records too: change the file instead, keep another and give it to `seqmeta --config FILE apply`, or take"
        " this workflow into one with a configuration of its own as a module, not by include"
    )
STATE = read_state(OWN_CONFIG)

# A check that fails leaves what an earlier one wrote in its place, and Snakemake notes that as the new one's: so the
# commit does not rely on the files of the checks alone, it is made again for other descriptions than the last ones.
DESCRIBED = hashlib.sha256(
    json.dumps([STATE["shards"], STATE["left_out"]]).encode()
).hexdigest()[:32]

# The store is not a file of the workflow's: Snakemake deletes outputs. Where somebody else changed or removed it, this
# stamp differs, and the records are made anew.
STAMP = Path(".seqmeta/head")

# What conda makes has the same seqmeta as this environment: the rules and this file must fit each other.
ENVIRONMENT = Path(".seqmeta/environment.yaml").absolute()

# The image that was built from Containerfile, where rules are to run in one: it is published nowhere.
CONTAINER = os.environ.get("SEQMETA_CONTAINER")

if workflow.is_main_process:
    refuse_links(STAMP, ENVIRONMENT)
    write_if_changed(STAMP, STATE["head"])
    write_if_changed(ENVIRONMENT, f"{TOOLS}{json.dumps(STATE['requirement'])}\n")


pathvars:
    results=STATE["results"],


wildcard_constraints:
    shard=r"\d+-of-\d+",
