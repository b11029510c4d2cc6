"""The lock files: complete, hashed, without addresses, and in step with pyproject.toml."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SERVICES = ("graphql", "rest", "migrator", "backup")
GROUPS = (*SERVICES, "dev", "fuzz")


def group(name: str) -> set[str]:
    """Requirements of a dependency group, with those of the groups that it includes (PEP 735)."""
    found: set[str] = set()
    for item in PROJECT["dependency-groups"][name]:
        found |= {item} if isinstance(item, str) else group(item["include-group"])
    return found


def text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def entries(name: str) -> list[str]:
    """Each requirement with its continued lines."""
    joined = text(name).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def locked(name: str) -> dict[str, str]:
    found = (Requirement(entry.partition("--hash")[0]) for entry in entries(name))
    return {canonicalize_name(item.name): str(item.specifier).removeprefix("==") for item in found}


def test_there_is_one_for_each_service_and_those_of_development() -> None:
    assert {path.name for path in (ROOT / "requirements").iterdir()} == {f"{name}.txt" for name in GROUPS}


@pytest.mark.parametrize("name", GROUPS)
def test_no_addresses(name: str) -> None:
    assert not re.findall(r".*(?:https?:|://|--index|--find-links|--trusted).*", text(name))


@pytest.mark.parametrize("name", GROUPS)
def test_every_requirement_is_exact_and_hashed(name: str) -> None:
    assert entries(name)
    for entry in entries(name):
        assert re.match(r"[\w.-]+==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry
    assert "gemel" not in locked(name)


@pytest.mark.parametrize("name", GROUPS)
def test_in_step_with_the_project(name: str) -> None:
    wanted = group(name) | (set(PROJECT["project"]["dependencies"]) if name == "dev" else set())
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in requirements/{name}.txt: run make lock"
        assert requirement.specifier.contains(version), f"{requirement} is locked as {version}: run make lock"


def test_installing_the_project_installs_what_the_services_need() -> None:
    assert set(PROJECT["project"]["dependencies"]) == set().union(*(group(name) for name in SERVICES))


@pytest.mark.parametrize("name", SERVICES)
def test_services_run_what_was_tested(name: str) -> None:
    assert locked(name).items() <= locked("dev").items()


def test_clients_of_javascript_are_exact_and_without_addresses() -> None:
    folder = ROOT / "tests" / "clients" / "js"
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    installed = {path: package for path, package in packages.items() if path}
    assert installed
    for path, package in installed.items():
        assert re.match(r"sha512-\S+$", package["integrity"]), path
        assert "resolved" not in package, path
