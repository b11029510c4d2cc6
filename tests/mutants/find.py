"""Where the code asks a policy or a limit, or checks a hash or evidence, and what it would be without that."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = (
    "shared/gemel/plan",
    "shared/gemel/sql",
    "shared/gemel/execute",
    "shared/gemel/serve",
    "services/graphql/gemel_graphql",
    "services/rest/gemel_rest",
    "services/backup/gemel_backup",
)
BACKUPS: Final = "services/backup/"
FOUND_OUT: Final = frozenset({"Corrupted", "Unproven"})
"""What is raised where a backup is not what it should be."""
CHECKS: Final = frozenset({"verify_files", "_verify", "compare", "check_integrity", "_check_dump", "check_end"})
"""Calls that are there only to find that out."""
PROOFS: Final = {"amcheck": "'ok'", "smoke": "'ok'", "verify_base": "'ok'"}
CALLS: Final = {"visible": "None", "changed": "None", "check": "None", "presets": "()", "most": "None"}
"""Methods of ``gemel.plan.names.Scope``, and what they give where there is no policy."""
ATTRIBUTES: Final = {"visible": "None", "check": "None", "presets": "()"}
"""What plans hold of it."""
STATEMENTS: Final = frozenset({"aggregated", "told", "check_cost", "count", "table", "tell"})
"""Calls that are there only to refuse, or to hide."""
REFUSALS: Final = frozenset({"isdisjoint", "may_be_called"})
"""Tests of who may; without them everybody may."""


@dataclass(frozen=True)
class Mutant:
    """A change of one place."""

    path: str
    """From the root of the repository."""
    line: int
    start: int
    end: int
    """Bytes of the file that are replaced."""
    text: str
    """What stands there."""
    becomes: str

    @property
    def of_backups(self) -> bool:
        """Whether it is for the tests of the backups."""
        return self.path.startswith(BACKUPS)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {' '.join(self.text.split())} -> {self.becomes}"

    def apply(self, root: Path) -> bytes:
        """Write the change; the file as it was."""
        path = root / self.path
        before = path.read_bytes()
        path.write_bytes(before[: self.start] + self.becomes.encode() + before[self.end :])
        return before


def mutants() -> list[Mutant]:
    """All of them."""
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found += list(_of_file(path))
    return found


def _of_file(path: Path) -> Iterator[Mutant]:
    source = path.read_bytes()
    name = path.relative_to(ROOT).as_posix()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    changes = _changes_of_backups if name.startswith(BACKUPS) else _changes
    for node, becomes in changes(ast.parse(source), name):
        assert isinstance(node, ast.expr | ast.stmt)
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        if (text := source[start:end].decode()) != becomes:
            yield Mutant(name, node.lineno, start, end, text, becomes)


def _changes_of_backups(tree: ast.AST, _: str) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Raise(ast.Call(ast.Name(name))) if name in FOUND_OUT:
                yield node, "pass"
            case ast.Expr(ast.Call(ast.Name(name))) if name in CHECKS:
                yield node, "pass"
            case ast.Call(ast.Name(name)) if name in PROOFS:
                yield node, PROOFS[name]
            case ast.FunctionDef("differences"):
                for part in ast.walk(node):
                    if isinstance(part, ast.Starred):
                        yield part, "*[]"
                    elif isinstance(part, ast.keyword) and part.arg == "values":
                        yield part.value, "False"


def _changes(tree: ast.AST, name: str) -> Iterator[tuple[ast.AST, str]]:
    in_plan, in_sql = "/plan/" in name, "/sql/" in name or "/execute/" in name
    for node in ast.walk(tree):
        match node:
            case ast.Expr(ast.Call(func) | ast.Await(ast.Call(func))) if _name(func) in STATEMENTS:
                if (_name(func) != "table" or in_plan) and (_name(func) != "tell" or "gate" in ast.unparse(func)):
                    yield node, "pass"
            case ast.Call(ast.Attribute(ast.Name("scope" | "self"), attr)) if in_plan and attr in CALLS:
                yield node, CALLS[attr]
            case ast.Call(ast.Attribute(_, "passing" | "room")):
                yield node, "__import__('contextlib').nullcontext()"
            case ast.Call(ast.Name("within_limits")):
                yield node, "()"
            case ast.Attribute(ast.Name("limits"), "listed", ast.Load()):
                yield node, "False"
            case ast.Call(ast.Attribute(_, attr)) if attr in REFUSALS and "access" in ast.unparse(node):
                yield node, "True" if attr == "may_be_called" else "False"
            case ast.Attribute(owner, "introspection", ast.Load()) if "access" in ast.unparse(owner):
                yield node, "True"
            case ast.Attribute(owner, attr, ast.Load()) if in_sql and attr in ATTRIBUTES and not _is_runner(owner):
                yield node, ATTRIBUTES[attr]
            case ast.Compare(ast.Call(ast.Attribute(_, "grant")), [ast.Is()], [ast.Constant(None)]) if in_plan:
                yield node, "False"


def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _is_runner(owner: ast.expr) -> bool:
    """Whether the name is that of a method of what runs a plan."""
    return isinstance(owner, ast.Name) and owner.id in ("self", "work")


def chosen(words: Sequence[str]) -> list[Mutant]:
    """Those that all of the words stand in."""
    return [one for one in mutants() if all(word in str(one) for word in words)]
