"""JSON documents by the rules of PostgreSQL's jsonb (its manual, sections 8.14.3 and 9.16)."""

import json
from decimal import Decimal
from typing import Any

RANKS = {"null": 0, "text": 1, "number": 2, "boolean": 3, "array": 4, "object": 5}


def parse(text: str | float) -> Any:
    """A document; numbers keep their digits. One that is a number alone is stored as such."""
    return json.loads(str(text), parse_float=Decimal, parse_int=int)


def unquote(form: str | int | None) -> str | None:
    """What ``->>`` gives: a string without quotes, null for null, else the JSON text."""
    if form is None or form == "null":
        return None
    text = str(form)
    return str(json.loads(text)) if text.startswith('"') else text


def order(left: str | None, right: str | None) -> int | None:
    """-1, 0 or 1 as jsonb's B-tree order has it; null with a null."""
    return None if left is None or right is None else collated(left, right)


def collated(left: str, right: str) -> int:
    """-1, 0 or 1 as jsonb's B-tree order has it, where a document that is an empty array stands before all others."""
    one, other = parse(left), parse(right)
    return _sign(one != [], other != []) or _order(one, other)


def within(document: str | None, documents: str | None) -> int | None:
    """Whether a document equals one of a list."""
    if document is None or documents is None:
        return None
    mine = parse(document)
    return int(any(_order(mine, other) == 0 for other in parse(documents)))


def contains(left: str | None, right: str | None) -> int | None:
    """``@>``."""
    if left is None or right is None:
        return None
    return int(_contains(parse(left), parse(right), top=True))


def overlaps(left: str | None, right: str | None) -> int | None:
    """``&&`` of arrays."""
    if left is None or right is None:
        return None
    mine, other = parse(left), parse(right)
    if not isinstance(mine, list) or not isinstance(other, list):
        return 0
    return int(any(_order(one, two) == 0 for one in mine for two in other))


def has_key(document: str | None, key: str | None) -> int | None:
    """``?``."""
    return None if document is None or key is None else int(parse(key) in _keys(parse(document)))


def has_any(document: str | None, keys: str | None) -> int | None:
    """``?|``."""
    return None if document is None or keys is None else int(bool(set(parse(keys)) & _keys(parse(document))))


def has_all(document: str | None, keys: str | None) -> int | None:
    """``?&``."""
    return None if document is None or keys is None else int(set(parse(keys)) <= _keys(parse(document)))


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value)
    members = value if isinstance(value, list) else [value]
    return {item for item in members if isinstance(item, str)}


def _rank(value: Any) -> int:
    if value is None:
        return RANKS["null"]
    if isinstance(value, bool):
        return RANKS["boolean"]
    if isinstance(value, str):
        return RANKS["text"]
    return (
        RANKS["array"] if isinstance(value, list) else RANKS["object"] if isinstance(value, dict) else RANKS["number"]
    )


def _order(left: Any, right: Any) -> int:
    ranks = _rank(left), _rank(right)
    if ranks[0] != ranks[1]:
        return _sign(ranks[0], ranks[1])
    if isinstance(left, list | dict):
        if len(left) != len(right):
            return _sign(len(left), len(right))
        return _members(left, right)
    return 0 if left is None else _sign(left, right)


def _members(left: Any, right: Any) -> int:
    if isinstance(left, list):
        pairs = zip(left, right, strict=True)
    else:
        flat = ([part for item in sorted(one.items()) for part in item] for one in (left, right))
        pairs = zip(*flat, strict=True)
    return next((found for one, other in pairs if (found := _order(one, other)) != 0), 0)


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _contains(left: Any, right: Any, *, top: bool = False) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return all(key in left and _contains(left[key], value) for key, value in right.items())
    if isinstance(left, list) and isinstance(right, list):
        return all(any(_contains(mine, other) for mine in left) for other in right)
    if top and isinstance(left, list) and not isinstance(right, dict):
        return any(_order(mine, right) == 0 for mine in left)
    return _rank(left) == _rank(right) and not isinstance(left, list | dict) and _order(left, right) == 0
