"""Bodies: rows to be written (``docs/dialects/rest.md`` section 14)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from gemel.errors import RequestError
from gemel_rest.parse.csv_body import parse_csv
from gemel_rest.parse.query import split_pairs

Row = dict[str, object]

MOST_DIGITS = 4_000
"""Digits of a number; no type of either database has more, and Python would refuse to read them."""


@dataclass(frozen=True, slots=True)
class Body:
    """Rows of a body."""

    rows: tuple[Row, ...]
    keys: tuple[str, ...]
    """Of every row, in order."""


def parse_rows(raw: bytes, content_type: str) -> list[Row]:
    """Read a body by its content type; none means JSON.

    :raises RequestError: ``PGRST102``, or an SQLSTATE for what no database can hold.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("", "application/json", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json"):
        return json_rows(parse_json(raw))
    if kind == "text/csv":
        return parse_csv(raw)
    if kind == "application/x-www-form-urlencoded":
        return [dict(split_pairs(raw))]
    raise invalid_body(f"Content-Type not acceptable: {kind}")


def body_of(rows: list[Row], *, uniform: bool) -> Body:
    """A body of rows.

    :param uniform: whether all have to have the same keys.
    :raises RequestError: ``PGRST102``, they have not.
    """
    keys = dict.fromkeys(key for row in rows for key in row)
    if uniform and any(row.keys() != keys.keys() for row in rows):
        raise invalid_body("All object keys must match")
    return Body(tuple(rows), tuple(keys))


def invalid_body(message: str, details: str | None = None) -> RequestError:
    """``PGRST102``."""
    return RequestError("PGRST102", message, details)


def json_rows(value: Any) -> list[Row]:
    """The rows of a JSON value.

    :raises RequestError: ``PGRST102``, it is an array of something else.
    """
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    if not all(isinstance(item, dict) for item in value):
        raise invalid_body("All object keys must match")
    return value


def parse_json(raw: bytes) -> Any:
    """Read JSON (RFC 8259) without losing digits: a number that a float cannot hold is a ``Decimal``.

    :raises RequestError: ``PGRST102``; ``22P05`` for what PostgreSQL's text cannot hold, on every database.
    """
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_float=_number, parse_int=_integer, parse_constant=_refuse)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise invalid_body("Empty or invalid json") from None
    if b"\\u" in raw and not all(_is_text(text) for text in _texts(value)):
        details = "\\u0000 and lone surrogates cannot be converted to text."
        raise RequestError("22P05", "unsupported Unicode escape sequence", details)
    return value


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise _out_of_range()
    return int(text)


def _number(text: str) -> float | Decimal:
    if len(text) > MOST_DIGITS:
        raise _out_of_range()
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise _out_of_range() from None
    if abs(exact.adjusted()) > MOST_DIGITS:
        raise _out_of_range()
    near = float(text)
    return near if Decimal(repr(near)) == exact else exact


def _out_of_range() -> RequestError:
    return RequestError("22003", "value overflows numeric format")


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _texts(value: object) -> Iterator[str]:
    stack = [value]
    while stack:
        match stack.pop():
            case str() as text:
                yield text
            case dict() as members:
                yield from members
                stack.extend(members.values())
            case list() as items:
                stack.extend(items)
