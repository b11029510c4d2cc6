"""Whether an answer is the expected one; if not, where and how it differs."""

import json
from decimal import Decimal
from math import isclose
from typing import Any

from property.naive.evaluate import Bag

RELATIVE = 1e-9
ABSOLUTE = 1e-9
TOO_DEEP = "nested too deeply for SQLite"
"""SQLite before 3.46 parses few nested selects, and is allowed to refuse the rest, as such."""


def parse(text: str | bytes) -> Any:
    """JSON with its numbers as they are written."""
    return json.loads(text, parse_float=Decimal)


def difference(expected: Any, got: Any, *, key_order: bool, at: str = "$") -> str | None:
    """The first difference, or ``None``.

    A float is met within a tolerance, all other numbers have to be written with the same digits. Lists of which the
    question left the order open are compared without it.
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        return _of_objects(expected, got, key_order, at)
    if isinstance(expected, list) and isinstance(got, list):
        return _of_lists(expected, got, key_order, at)
    if _same(expected, got):
        return None
    return f"{at}: expected {expected!r}, got {got!r}"


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, float):
        number = isinstance(got, int | Decimal) and not isinstance(got, bool)
        return number and isclose(expected, float(got), rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(expected, Decimal) and isinstance(got, Decimal):
        return expected.as_tuple() == got.as_tuple()
    return type(expected) is type(got) and bool(expected == got)


def _of_objects(expected: dict[str, Any], got: dict[str, Any], key_order: bool, at: str) -> str | None:
    if set(expected) != set(got) or (key_order and list(expected) != list(got)):
        return f"{at}: expected the keys {list(expected)}, got {list(got)}"
    for key, value in expected.items():
        found = difference(value, got[key], key_order=key_order, at=f"{at}.{key}")
        if found:
            return found
    return None


def _of_lists(expected: list[Any], got: list[Any], key_order: bool, at: str) -> str | None:
    if len(expected) != len(got):
        return f"{at}: expected {len(expected)} rows, got {len(got)}"
    if isinstance(expected, Bag):
        expected, got = sorted(expected, key=_rank), sorted(got, key=_rank)
    for number, (one, other) in enumerate(zip(expected, got, strict=True)):
        found = difference(one, other, key_order=key_order, at=f"{at}[{number}]")
        if found:
            return found
    return None


def _rank(value: Any) -> str:
    """A text that equal values share, by which to sort what has no order of its own."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_rank(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        items = [_rank(item) for item in value]
        return "[" + ",".join(sorted(items)) + "]"
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.12e}"
    return repr(value)
