"""The imports of seqmeta against the table in layers.yaml, read from the source and not from what was loaded."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "seqmeta"
TABLE = yaml.safe_load((HERE / "layers.yaml").read_text(encoding="utf-8"))
LEVELS = {name: level for level, names in enumerate(TABLE["layers"]) for name in names}


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name below seqmeta, and the module of the table that it counts as."""

    name: str
    is_package: bool
    tree: ast.Module

    @property
    def unit(self) -> str:
        return self.name.split(".")[0] or "__init__"


def load_modules(package: Path) -> list[Module]:
    """Read every module of a package; its own `__init__` has the empty name."""
    modules = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules.append(Module(name, is_package, ast.parse(path.read_text(encoding="utf-8"))))
    return modules


def imported_names(module: Module) -> Iterator[tuple[int, str]]:
    """Name all that a module imports, wherever in it: `seqmeta.a.b` for `from seqmeta.a import b`, with the line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute_base(module, node)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def absolute_base(module: Module, node: ast.ImportFrom) -> str:
    """Name what an import starts from, relative imports made absolute."""
    if not node.level:
        return node.module or ""
    parts = ["seqmeta", *filter(None, module.name.split("."))]
    parts = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*parts, *filter(None, [node.module])])


def own_imports(module: Module, names: set[str]) -> Iterator[tuple[int, str]]:
    """Say which modules of seqmeta a module imports: the longest name that is one."""
    for line, name in imported_names(module):
        first, _, rest = name.partition(".")
        if first != "seqmeta":
            continue
        while rest and rest not in names:
            rest = rest.rpartition(".")[0]
        yield line, rest


def used_names(module: Module) -> Iterator[tuple[int, str]]:
    """Name all that a module imports, and what it uses of that and of the builtins, by its full name."""
    aliases = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            aliases.update(
                {a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names}
            )
        elif isinstance(node, ast.ImportFrom):
            aliases.update({a.asname or a.name: f"{absolute_base(module, node)}.{a.name}" for a in node.names})
    yield from imported_names(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, *rest = dotted(node).split(".")
            if first in aliases or hasattr(builtins, first):
                yield node.lineno, ".".join([aliases.get(first, first), *rest])


def dotted(node: ast.expr) -> str:
    """Write a name or attribute as text; what is no plain name in it is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def covers(name: str, used: str) -> bool:
    """Whether a name of the table is the one used, or a module that the one used is in."""
    return used == name or used.startswith(f"{name}.")


def upward_imports(modules: list[Module], levels: dict[str, int]) -> list[str]:
    """Say where a module imports what its layer may not know."""
    names = {module.name for module in modules}
    return sorted(
        {
            f"{module.name or '__init__'}:{line} imports {imported or '__init__'}"
            for module in modules
            for line, imported in own_imports(module, names)
            if (unit := imported.split(".")[0] or "__init__") != module.unit
            and levels.get(unit, len(levels)) >= levels.get(module.unit, -1)
        }
    )


def misplaced_uses(modules: list[Module], only_in: dict[str, list[str]]) -> list[str]:
    """Say where something is used that belongs elsewhere, or nowhere."""
    return sorted(
        {
            f"{module.name or '__init__'}:{line} uses {used}, which only {', '.join(allowed) or 'nobody'} may"
            for module in modules
            for line, used in used_names(module)
            for name, allowed in only_in.items()
            if covers(name, used) and module.unit not in allowed
        }
    )


@pytest.fixture(scope="module")
def modules():
    return load_modules(PACKAGE)


def test_every_module_has_its_place(modules):
    units = {module.unit for module in modules}
    assert units - set(LEVELS) == set(), "without a place in tests/layers.yaml"
    assert set(LEVELS) - units == set(), "in tests/layers.yaml, and nowhere else"


def test_no_module_has_two_places():
    listed = [name for names in TABLE["layers"] for name in names]
    assert sorted(listed) == sorted(set(listed))


def test_modules_import_only_what_is_below_them(modules):
    assert upward_imports(modules, LEVELS) == []


def test_there_is_no_cycle(modules):
    names = {module.name for module in modules}
    graph = {m.name: {found for _, found in own_imports(m, names) if found != m.name} for m in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


def test_what_belongs_in_one_place_stays_there(modules):
    assert misplaced_uses(modules, TABLE["only_in"]) == []


def test_no_process_is_started_through_a_shell(modules):
    found = [
        f"{module.name}:{node.value.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.keyword)
        and node.arg == "shell"
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    assert found == []


def test_no_assert_decides_anything(modules):
    # Asserts vanish under `python -O`.
    found = [f"{m.name}:{node.lineno}" for m in modules for node in ast.walk(m.tree) if isinstance(node, ast.Assert)]
    assert found == []


def asked_of_pathlib(modules: list[Module]) -> list[str]:
    """Say where `pathlib` is asked what stands at a path: its answers to a failing disk differ between its versions.

    What `os.scandir` lists, which has methods of the same names, is called `entry`.
    """
    answers = {"exists", "is_file", "is_dir", "is_symlink", "glob", "rglob"}
    return [
        f"{module.name}:{node.lineno} asks {dotted(node.func)}()"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in answers
        if dotted(node.func.value) != "entry"
    ]


def test_what_stands_at_a_path_is_asked_in_one_place(modules):
    assert asked_of_pathlib(modules) == []


def test_asking_pathlib_is_seen_in_every_form(tmp_path):
    for number, text in enumerate(["path.exists()", "any((root / 'a').glob('*'))", "map(lambda of: of.is_dir(), all)"]):
        assert asked_of_pathlib(write_package(tmp_path / str(number), {"low.py": text})), text


def write_package(folder: Path, files: dict[str, str]) -> list[Module]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load_modules(folder)


def test_an_upward_import_is_seen_in_every_form(tmp_path):
    forms = [
        "import seqmeta.high",
        "from seqmeta import high",
        "from seqmeta.high import anything",
        "from . import high",
        "from .high import anything",
        "def late():\n    from seqmeta.high import anything",
    ]
    for number, text in enumerate(forms):
        modules = write_package(tmp_path / str(number), {"__init__.py": "", "low.py": text, "high.py": ""})
        found = upward_imports(modules, {"low": 0, "high": 1, "__init__": 2})
        assert [line for line in found if line.endswith("imports high")], text


def test_a_misplaced_use_is_seen_behind_an_alias(tmp_path):
    forms = {
        "os.environ": ["import os\nos.environ['A']", "import os as o\no.environ.get('A')", "from os import environ"],
        "datetime.datetime.now": [
            "from datetime import datetime as d\nd.now()",
            "import datetime\ndatetime.datetime.now()",
        ],
        "pickle": ["import pickle", "from pickle import loads", "def late():\n    import pickle"],
        "print": ["print('x')"],
    }
    for name, texts in forms.items():
        for number, text in enumerate(texts):
            modules = write_package(tmp_path / f"{name}{number}", {"low.py": text})
            assert misplaced_uses(modules, {name: ["cli"]}), text
            assert misplaced_uses(modules, {name: ["low"]}) == [], text
