"""Filters: the test on the right-hand side (``docs/dialects/rest.md`` section 4)."""

import re
from typing import Literal

from gemel.request import Operator
from gemel_rest.parse.field import read_field
from gemel_rest.parse.syntax import FieldName, Test
from gemel_rest.parse.text import Reader, parse

COMPARISONS = {
    "eq": Operator.EQ,
    "gt": Operator.GT,
    "gte": Operator.GTE,
    "lt": Operator.LT,
    "lte": Operator.LTE,
    "like": Operator.LIKE,
    "ilike": Operator.ILIKE,
    "match": Operator.REGEX,
    "imatch": Operator.IREGEX,
}
"""Those that ``(any)`` and ``(all)`` may follow."""
OTHERS = {
    "neq": Operator.NEQ,
    "isdistinct": Operator.DISTINCT,
    "cs": Operator.CONTAINS,
    "cd": Operator.CONTAINED,
    "ov": Operator.OVERLAPS,
    "sl": Operator.LEFT_OF,
    "sr": Operator.RIGHT_OF,
    "nxr": Operator.NOT_RIGHT_OF,
    "nxl": Operator.NOT_LEFT_OF,
    "adj": Operator.ADJACENT,
}
SEARCHES = {
    "fts": Operator.FTS,
    "plfts": Operator.FTS_PLAIN,
    "phfts": Operator.FTS_PHRASE,
    "wfts": Operator.FTS_WEB,
}
STATES = {
    "null": (Operator.NULL, False),
    "not_null": (Operator.NULL, True),
    "true": (Operator.TRUE, False),
    "false": (Operator.FALSE, False),
    "unknown": (Operator.UNKNOWN, False),
}
EXPECTED = '"not" or operator (eq, gt, ...)'

WORD = re.compile(r"[a-z]+")
STATE = re.compile("not_null|null|true|false|unknown", re.IGNORECASE)
LANGUAGE = re.compile(r"\(([\w ]+)\)")
RAW = re.compile(r"[^,)]*")
BRACES = re.compile(r"\{[^{}]*\}(?=[,) \t])")
BLANK_QUOTE = re.compile(r"[ \t]+(?=\")")


def parse_key(text: str) -> tuple[tuple[str, ...], FieldName]:
    """Left-hand side of a filter: path of the embed, field."""
    return parse("tree path", text, _key)


def _key(reader: Reader) -> tuple[tuple[str, ...], FieldName]:
    path: list[str] = []
    while True:
        field = read_field(reader)
        if field.path or not reader.take("."):
            reader.end('".", "->" or end of input')
            return tuple(path), field
        path.append(field.name)


def parse_test(text: str) -> Test:
    """Right-hand side of a filter at the top level, where the value is all that is left, as it is."""
    return parse("filter", text, lambda reader: read_test(reader, in_tree=False))


def is_test(text: str) -> bool:
    """Whether a value reads as a filter: that is how arguments of functions are told from filters (section 17)."""
    reader = Reader(text)
    reader.take("not.")
    word = reader.match(WORD)
    known = word is not None and (word.group() in COMPARISONS or word.group() in OTHERS or word.group() in SEARCHES)
    return (known and "." in reader.rest) or (word is not None and word.group() in ("in", "is") and reader.follows("."))


def read_test(reader: Reader, *, in_tree: bool) -> Test:
    """Read a test.

    :param in_tree: inside a logic tree a value ends at a comma or parenthesis, and may be quoted.
    """
    negated = reader.take("not.")
    start = reader.at
    word = reader.match(WORD)
    name = word.group() if word else ""
    if name == "in" and reader.take("."):
        return Test(Operator.IN, read_list(reader), negated)
    if name == "is" and reader.take("."):
        return _state(reader, negated)
    quantifier, language = _modifier(reader, name)
    operator = COMPARISONS.get(name) or OTHERS.get(name) or SEARCHES.get(name)
    if operator is None or not reader.follows("."):
        reader.at = start if operator is None else reader.at
        raise reader.unexpected(EXPECTED if operator is None else '"."')
    reader.take(".")
    return Test(operator, _tree_value(reader) if in_tree else _all(reader), negated, quantifier, language)


def _state(reader: Reader, negated: bool) -> Test:
    found = reader.match(STATE)
    if found is None:
        raise reader.unexpected("isVal: (null, not_null, true, false, unknown)")
    operator, inverse = STATES[found.group().lower()]
    return Test(operator, None, negated != inverse)


def _modifier(reader: Reader, name: str) -> tuple[Literal["any", "all"] | None, str | None]:
    if name in COMPARISONS:
        if reader.take("(any)"):
            return "any", None
        if reader.take("(all)"):
            return "all", None
    if name in SEARCHES:
        language = reader.match(LANGUAGE)
        return None, language.group(1) if language else None
    return None, None


def read_list(reader: Reader) -> tuple[str, ...]:
    """Read a parenthesised list. One empty value is the empty list."""
    reader.expect("(")
    values: list[str] = []
    while True:
        values.append(_list_item(reader))
        if reader.take(","):
            continue
        reader.expect(")")
        return () if values == [""] else tuple(values)


def _list_item(reader: Reader) -> str:
    reader.match(BLANK_QUOTE)
    start = reader.at
    quoted = reader.quoted()
    if quoted is not None and reader.follows(",", ")"):
        return quoted
    reader.at = start
    return _raw(reader)


def _tree_value(reader: Reader) -> str:
    start = reader.at
    quoted = reader.quoted()
    reader.blanks()
    if quoted is not None and reader.follows(",", ")"):
        return quoted
    reader.at = start
    braces = reader.match(BRACES)
    return braces.group() if braces else _raw(reader)


def _raw(reader: Reader) -> str:
    found = reader.match(RAW)
    return found.group() if found else ""


def _all(reader: Reader) -> str:
    rest = reader.rest
    reader.at = len(reader.text)
    return rest
