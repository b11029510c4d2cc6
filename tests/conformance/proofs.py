"""Which tests say that they prove a rule: by its id in the docstring of the test."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.rules import ID

TESTS = Path(__file__).parents[1]
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Proof:
    """An id in a docstring; ``test`` is ``path::name`` as pytest writes it."""

    id: str
    test: str


def read_proofs(folder: Path = TESTS) -> tuple[Proof, ...]:
    """All ids that tests carry, in the order of the files.

    Ids are written out one by one, so that searching for an id finds its tests.
    """
    return tuple(proof for path in sorted(folder.rglob("test_*.py")) for proof in _of_file(path, folder))


def _of_file(path: Path, folder: Path) -> Iterator[Proof]:
    if "node_modules" in path.parts:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Documented) and node.name.lower().startswith("test"):
            for name in dict.fromkeys(ID.findall(ast.get_docstring(node) or "")):
                yield Proof(name, f"{path.relative_to(folder)}::{node.name}")
