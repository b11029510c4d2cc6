"""The rules of a dialect's document: ids, tiers, and which of them its State section says are open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENTS = tuple(Path(__file__).parents[2] / "docs/dialects" / name for name in ("graphql.md", "rest.md"))
ID = re.compile(r"\b[GR]\d+(?:\.\d+)?-\d+\b")
_RULE = re.compile(rf"^(?:- |\d+\. |\| )?`({ID.pattern})`")
_HEADING = re.compile(r"^(#+|\*\*)\s*(.*)$")
_MARK = re.compile(r"(?:— (T[123])\b[^|`]*|\((T[123])\))$")
_TIER = re.compile(r"\bT[123]\b")
_RANGE = re.compile(rf"`({ID.pattern})` to `({ID.pattern})`")
_REASON = re.compile(r"\w")


@dataclass(frozen=True)
class Rule:
    """One rule; ``tier`` is ``T1``, ``T2`` or ``T3``."""

    id: str
    tier: str
    place: str


@dataclass(frozen=True)
class Document:
    """All rules of one document in its order, and the reason of each that is listed as open."""

    rules: tuple[Rule, ...]
    open: dict[str, str]


class Malformed(Exception):
    """A document breaks its own form; the text says where and how."""


def read_document(path: Path) -> Document:
    """Read a document.

    :raises Malformed: an id stands twice, a rule has no tier, an open one is no rule or has no reason.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    rules = tuple(_rules(path.name, lines))
    ids = [rule.id for rule in rules]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise Malformed(f"{path.name}: ids that stand twice: {', '.join(twice)}")
    return Document(rules, dict(_open(path.name, lines, ids)))


def _rules(name: str, lines: list[str]) -> Iterator[Rule]:
    """A rule's tier is its own mark, else its row's tier column, else that of the innermost heading that has one."""
    state = set(_state(lines))
    tiers: dict[int, str] = {}
    column: int | None = None
    for number, line in enumerate(lines):
        if heading := _HEADING.match(line):
            depth = len(heading[1]) if heading[1] != "**" else 9
            tiers = {level: tier for level, tier in tiers.items() if level < depth}
            if found := _TIER.search(heading[2]):
                tiers[depth] = found[0]
        if line.startswith("|") and not lines[number - 1].startswith("|"):
            header = [cell.lower() for cell in _cells(line)]
            column = header.index("tier") if "tier" in header else None
        if number not in state and (rule := _RULE.match(line)):
            own = _of_row(line, column) if line.startswith("|") else _of_text(lines, number)
            tier = own or (tiers[max(tiers)] if tiers else None)
            if tier is None:
                raise Malformed(f"{name}:{number + 1}: {rule[1]} has no tier: mark it or its heading")
            yield Rule(rule[1], tier, f"{name}:{number + 1}")


def _of_row(line: str, column: int | None) -> str | None:
    cells = _cells(line)
    found = _TIER.search(cells[column]) if column is not None and column < len(cells) else None
    return found[0] if found else None


def _of_text(lines: list[str], first: int) -> str | None:
    """The mark that ends one of a rule's lines: they go on while they are indented."""
    for number in range(first, len(lines)):
        if number > first and not lines[number].startswith("  "):
            return None
        if mark := _MARK.search(lines[number]):
            return mark[1] or mark[2]
    return None


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<=\s)\|(?=\s)", line.strip()[1:-1])]


def _state(lines: list[str]) -> range:
    """Numbers of the lines of the State section."""
    if "## State" not in lines:
        return range(0)
    first = lines.index("## State")
    return range(first, next((n for n in range(first + 1, len(lines)) if lines[n].startswith("## ")), len(lines)))


def _open(name: str, lines: list[str], ids: list[str]) -> Iterator[tuple[str, str]]:
    """The first cell of a row of the State section names ids and ranges, the second says what is missing."""
    for line in (lines[number] for number in _state(lines)):
        if line.startswith("| `"):
            first, *others = _cells(line)
            if not others or not _REASON.search(others[0]):
                raise Malformed(f"{name}: State gives no reason for {first}")
            for item in _named(name, first, ids):
                yield item, others[0]


def _named(name: str, cell: str, ids: list[str]) -> list[str]:
    if unknown := sorted(set(ID.findall(cell)) - set(ids)):
        raise Malformed(f"{name}: State names {', '.join(unknown)}, which are no rules")
    spans = [(_number(first), _number(last)) for first, last in _RANGE.findall(cell)]
    within = [item for item in ids if any(first <= _number(item) <= last for first, last in spans)]
    return [*within, *(item for item in ID.findall(cell) if item not in within)]


def _number(item: str) -> tuple[float, int]:
    section, _, rule = item[1:].partition("-")
    whole, _, part = section.partition(".")
    return int(whole) + int(part or 0) / 1000, int(rule)
