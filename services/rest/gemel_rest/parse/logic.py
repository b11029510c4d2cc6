"""Logic trees (``docs/dialects/rest.md`` section 5)."""

import re
from typing import Literal

from gemel.apart import hold
from gemel_rest.parse.field import read_field
from gemel_rest.parse.filters import read_test
from gemel_rest.parse.syntax import Filter, Logic, Tree
from gemel_rest.parse.text import MAX_DEPTH, Reader, parse, too_deep

NESTED = re.compile(r"(not\.)?(and|or)[ \t]*(?=\()")


def parse_logic_key(text: str) -> tuple[tuple[str, ...], bool, Literal["and", "or"]]:
    """Left-hand side of a logic parameter: path of the embed, whether negated, operator."""
    return parse("logic path", text, _key)


def _key(reader: Reader) -> tuple[tuple[str, ...], bool, Literal["and", "or"]]:
    names = [reader.name()]
    while reader.take("."):
        names.append(reader.name())
    reader.end('"." or end of input')
    operator: Literal["and", "or"] = "and" if names.pop() == "and" else "or"
    negated = bool(names) and names[-1] == "not"
    return tuple(names[:-1] if negated else names), negated, operator


def parse_logic(text: str, operator: Literal["and", "or"], negated: bool) -> Logic:
    """Right-hand side: the members in parentheses. What follows the last parenthesis is ignored, as upstream does."""
    return Logic(operator, negated, parse("logic tree", text, lambda reader: _members(reader, 1)))


def _members(reader: Reader, depth: int) -> tuple[Tree, ...]:
    if depth > MAX_DEPTH:
        raise too_deep("Logic trees", MAX_DEPTH)
    reader.blanks()
    reader.expect("(")
    items: list[Tree] = []
    while True:
        reader.blanks()
        items.append(_member(reader, depth))
        reader.blanks()
        if reader.take(","):
            continue
        reader.expect(")")
        return tuple(items)


def _member(reader: Reader, depth: int) -> Tree:
    nested = reader.match(NESTED)
    if nested is not None:
        operator: Literal["and", "or"] = "and" if nested.group(2) == "and" else "or"
        return Logic(operator, nested.group(1) is not None, _members(reader, depth + 1))
    field = read_field(reader)
    reader.expect(".")
    return hold(Filter(field, hold(read_test(reader, in_tree=True))))
