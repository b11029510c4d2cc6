"""The lock files: complete, hashed, without addresses, and in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = {
    "graphql": ("graphql",),
    "rest": ("rest",),
    "migrator": ("migrator",),
    "backup": ("backup", "migrator", "cli"),
    "dev": ("graphql", "rest", "migrator", "backup", "cli"),
}


def text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def entries(name: str) -> list[str]:
    """Each requirement with its continued lines."""
    joined = text(name).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def locked(name: str) -> dict[str, str]:
    found = (Requirement(entry.partition("--hash")[0]) for entry in entries(name))
    return {canonicalize_name(item.name): str(item.specifier).removeprefix("==") for item in found}


def test_there_is_one_for_each_service_and_one_for_development() -> None:
    assert {path.name for path in (ROOT / "requirements").iterdir()} == {f"{name}.txt" for name in EXTRAS}


@pytest.mark.parametrize("name", EXTRAS)
def test_no_addresses(name: str) -> None:
    assert not re.findall(r".*(?:https?:|://|--index|--find-links|--trusted).*", text(name))


@pytest.mark.parametrize("name", EXTRAS)
def test_every_requirement_is_exact_and_hashed(name: str) -> None:
    assert entries(name)
    for entry in entries(name):
        assert re.match(r"[\w.-]+==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry
    assert "gemel" not in locked(name)


@pytest.mark.parametrize("name", EXTRAS)
def test_in_step_with_the_project(name: str) -> None:
    wanted = [*PROJECT["project"]["dependencies"]]
    wanted += [item for extra in EXTRAS[name] for item in PROJECT["project"]["optional-dependencies"][extra]]
    wanted += PROJECT["dependency-groups"]["dev"] if name == "dev" else []
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in requirements/{name}.txt: run make lock"
        assert requirement.specifier.contains(version), f"{requirement} is locked as {version}: run make lock"


@pytest.mark.parametrize("name", sorted(set(EXTRAS) - {"dev"}))
def test_services_run_what_was_tested(name: str) -> None:
    assert locked(name).items() <= locked("dev").items()
