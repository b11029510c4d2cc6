"""The Dockerfiles: what an image holds is what its service imports, and no more runs as root than must."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
IMAGES = ("graphql", "rest", "migrator", "backup", "pitr")
LOCKS = {"pitr": "backup"}
"""Whose requirements an image holds, if not its own."""
BASES = {"pitr": "postgres:17"}
ENTRIES = {
    "graphql": ("gemel_graphql.__main__", "chinook.models", "chinook.resolvers"),
    "rest": ("gemel_rest.__main__", "chinook.models"),
    "migrator": ("gemel_migrator.__main__", "chinook.models", "chinook.migrations.versions.0001_baseline"),
    "backup": ("gemel_backup.app", "gemel_cli.application", "chinook.models"),
    "pitr": ("gemel_backup.pitr.__main__", "gemel_cli.application", "chinook.models"),
}
"""What is run in the container, and what of the app it loads by name."""


def dockerfile(name: str) -> str:
    return (ROOT / "services" / name / "Dockerfile").read_text(encoding="utf-8")


def copied(name: str) -> list[Path]:
    return [ROOT / source for source in re.findall(r"^COPY (\S+) \S+$", dockerfile(name), re.MULTILINE)]


def import_path(name: str) -> list[Path]:
    found = re.search(r"PYTHONPATH=(\S+)", dockerfile(name))
    assert found
    return [ROOT / Path(part).relative_to("/app") for part in found[1].split(":")]


def find(module: str, folders: list[Path]) -> Path | None:
    """File of a module of ours; the folder of a package without ``__init__.py``."""
    for folder in folders:
        path = folder.joinpath(*module.split("."))
        for candidate in (path.with_suffix(".py"), path / "__init__.py", path):
            if candidate.exists():
                return candidate
    return None


def imports(path: Path) -> Iterator[str]:
    """Dotted names that are imported when this module is; what functions import is theirs."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting.extend(ast.iter_child_nodes(node))


def foreign(entries: Iterable[str], folders: list[Path]) -> dict[str, str]:
    """Top-level packages that are not ours but needed by these modules, each with one that needs it."""
    found: dict[str, str] = {}
    done: set[str] = set()
    waiting = [(entry, "the container") for entry in entries]
    while waiting:
        module, needed_by = waiting.pop()
        package = module.rpartition(".")[0]
        path = find(module, folders)
        if module in done or (path is None and package and find(package, folders)):
            continue  # (the latter is no module, but a name in one)
        done.add(module)
        if path is None:
            found.setdefault(module.partition(".")[0], needed_by)
        else:
            waiting += [(name, module) for name in (imports(path) if path.is_file() else ())]
            waiting += [(package, module)] if package else []
    return found


@pytest.mark.parametrize("name", IMAGES)
def test_everything_imported_is_in_the_image(name: str) -> None:
    text = (ROOT / "requirements" / f"{LOCKS.get(name, name)}.txt").read_text(encoding="utf-8")
    installed = {canonicalize_name(found) for found in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}
    distributions = packages_distributions()
    assert all(find(entry, import_path(name)) for entry in ENTRIES[name])
    missing = {
        module: needed_by
        for module, needed_by in foreign(ENTRIES[name], import_path(name)).items()
        if module not in sys.stdlib_module_names
        and not {canonicalize_name(found) for found in distributions.get(module, [])} & installed
    }
    assert not missing


@pytest.mark.parametrize("name", IMAGES)
def test_import_path_is_what_was_copied(name: str) -> None:
    folders = {path for path in copied(name) if path.is_dir()}
    assert set(import_path(name)) == folders
    assert all(path.exists() for path in copied(name))


@pytest.mark.parametrize("name", IMAGES)
def test_dockerfile_keeps_to_the_rules(name: str) -> None:
    text = dockerfile(name)
    assert re.findall(r"^FROM (.*)$", text, re.MULTILINE) == [BASES.get(name, "python:3.13-slim")]
    assert "USER 10001:10001" in text
    assert text.index("USER 10001:10001") > text.rindex("RUN ")
    assert re.search(r'^CMD \["[^\n]*"\]$', text, re.MULTILINE), "exec form: signals must reach the process"
    assert re.search(r"^STOPSIGNAL SIG(TERM|INT)$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert "://" not in text
    assert not text.startswith("# syntax"), "needs a download before the build"


def test_builder_gets_what_is_copied_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:].rstrip("/") for rule in rules if rule.startswith("!")}
    used = {path.relative_to(ROOT).parts[0] for name in IMAGES for path in copied(name)} | {"requirements"}
    assert allowed == used
