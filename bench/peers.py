"""What others do with the same work, each as a process of its own that prints what it cost: `python peers.py NAME …`.

The figures are of the work alone, without the start of Python and without what is given: `floor` is given the bytes
of the records, the validators are given the files' names.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

_ENVIRONMENT = os.environ | {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "Example lab"), ("EMAIL", "lab@example.org"))
}
_ENVIRONMENT |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "gc.auto", "GIT_CONFIG_VALUE_0": "0"}
"""That of this process, with a person who commits; git does not go on repacking beside what is measured next."""


def floor(lab: Path, records: Path, out: Path) -> Callable[[], None]:
    """Read every file with CSafeLoader, write the very same records, add and commit them: the least there is to do."""
    contents = _contents(records)
    names = _descriptions(lab)

    def work() -> None:
        for name in names:
            for document in yaml.load_all(name.read_bytes(), yaml.CSafeLoader):
                del document
        _write(contents, out)
        _commit_all(out)

    return work


def snakemake_validate(lab: Path, schemas: Path) -> Callable[[], None]:
    """Hold every document to its JSON Schema by `snakemake.utils.validate`, as workflows do for their config."""
    from snakemake.utils import validate

    names = _descriptions(lab)

    def work() -> None:
        for name in names:
            for document in yaml.load_all(name.read_bytes(), yaml.CSafeLoader):
                validate(_as_text(document), str(schemas / f"{_kind(name)}.json"))

    return work


def gitpython(records: Path, out: Path) -> Callable[[], None]:
    """Write the records and commit them by `index.add` of GitPython."""
    import git

    contents = _contents(records)

    def work() -> None:
        _write(contents, out)
        repository = git.Repo.init(out)
        repository.index.add([str(name) for name in contents])
        repository.index.commit("records")

    return work


def datalad(records: Path, out: Path) -> Callable[[], None]:
    """Write the records and save them by `datalad save`, as text in git, into a dataset that is there."""
    contents = _contents(records)
    quiet = ("datalad", "--log-level", "error", "--output-format", "disabled")
    subprocess.run([*quiet, "create", "--cfg-proc", "text2git", str(out)], env=_ENVIRONMENT, check=True)

    def work() -> None:
        _write(contents, out)
        subprocess.run([*quiet, "-C", str(out), "save", "--message", "records"], env=_ENVIRONMENT, check=True)

    return work


def read_blobs(records: Path) -> Callable[[], None]:
    """Read the bytes of all records of biosamples out of git, and do nothing with them."""
    git = ("git", "-C", str(records))

    def work() -> None:
        entries = subprocess.run([*git, "ls-tree", "-r", "HEAD", "biosamples/"], stdout=subprocess.PIPE, check=True)
        blobs = b"".join(line.split()[2] + b"\n" for line in entries.stdout.splitlines())
        subprocess.run([*git, "cat-file", "--batch", "--buffer"], input=blobs, stdout=subprocess.PIPE, check=True)

    return work


def write_json(records: Path, out: Path) -> Callable[[], None]:
    """Write the JSON of the records, given as values."""
    values = {path.name: json.loads(path.read_bytes()) for path in records.glob("*/*/*.json")}

    def work() -> None:
        out.mkdir()
        for name, value in values.items():
            (out / name).write_text(json.dumps(value, indent=2, sort_keys=True))

    return work


def check_jsonschema(lab: Path, schemas: Path, out: Path) -> Callable[[], None]:
    """Hold every file to its schema by check-jsonschema, then commit the files, on top of those committed before."""
    check = check_jsonschema_alone(lab, schemas)

    def work() -> None:
        check()
        subprocess.run(["cp", "-rT", lab / "config/descriptions", out], check=True)
        _commit_all(out)

    return work


def check_jsonschema_alone(lab: Path, schemas: Path) -> Callable[[], None]:
    """Hold every file to its schema by check-jsonschema, one process for each kind of file."""
    names = {
        kind: [str(name) for name in _descriptions(lab) if _kind(name) == kind]
        for kind in ("biosample", "sequencing_run")
    }

    def work() -> None:
        for kind, of in names.items():
            subprocess.run(
                ["check-jsonschema", "--schemafile", schemas / f"{kind}.json", *of],
                stdout=subprocess.DEVNULL,
                check=True,
            )

    return work


def _descriptions(lab: Path) -> list[Path]:
    return sorted((lab / "config/descriptions").rglob("*.yaml"))


def _contents(records: Path) -> dict[Path, bytes]:
    return {path.relative_to(records): path.read_bytes() for path in records.glob("*/*/*.json")}


def _write(contents: Mapping[Path, bytes], out: Path) -> None:
    for name, content in contents.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)


def _kind(name: Path) -> str:
    return "biosample" if name.stem.endswith("-samples") else "sequencing_run"


def _as_text(value: object) -> object:
    """Every scalar as text, as the schema wants it."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    return [_as_text(item) for item in value] if isinstance(value, list) else str(value)


def _commit_all(folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for words in (["add", "-A"], ["commit", "--quiet", "-m", "records"]):
        subprocess.run(["git", "-C", folder, *words], env=_ENVIRONMENT, check=True)


PEERS: dict[str, Callable[..., Callable[[], None]]] = {
    "floor": floor,
    "snakemake_validate": snakemake_validate,
    "gitpython": gitpython,
    "datalad": datalad,
    "read_blobs": read_blobs,
    "write_json": write_json,
    "check_jsonschema": check_jsonschema,
    "check_jsonschema_alone": check_jsonschema_alone,
}


def main(name: str, *folders: str) -> None:
    """Do the work of a peer and print what it cost: seconds of the clock, and of processors in programs and kernel."""
    work = PEERS[name](*map(Path, folders))
    before = os.times()
    work()
    user, kernel, user_of_others, kernel_of_others, wall = (
        now - then for now, then in zip(os.times(), before, strict=True)
    )
    print(json.dumps({"wall": wall, "user": user + user_of_others, "kernel": kernel + kernel_of_others}))


if __name__ == "__main__":
    main(*sys.argv[1:])
