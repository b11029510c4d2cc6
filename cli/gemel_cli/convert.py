"""Text of a CSV field to the value that a column takes."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import JSON, Column, DateTime, String
from sqlalchemy.types import TypeEngine

SQLITE_DIGITS = 15

Convert = Callable[[str], object]


def converter(column: Column[Any], *, exact_decimals: bool) -> Convert | None:
    """What turns a field into a value of the column's Python type; it raises :class:`ValueError` where it cannot.

    :param exact_decimals: false for SQLite, which keeps 15 significant digits.
    :returns: ``None`` for a type of which we know no text form: the database has to read the text.
    """
    kind = column.type
    if isinstance(kind, JSON):
        return json.loads
    if isinstance(kind, DateTime):
        return _aware if kind.timezone else _naive
    if isinstance(kind, String) and kind.length is not None:
        return _at_most(kind.length)
    python_type = _python_type(kind)
    return _short_decimal if python_type is Decimal and not exact_decimals else CONVERTERS.get(python_type)


def _python_type(kind: TypeEngine[Any]) -> type:
    try:
        return kind.python_type
    except NotImplementedError:
        return object


def _at_most(length: int) -> Convert:
    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"has {len(text)} characters; the column holds {length}")
        return text

    return check


def _naive(text: str) -> datetime:
    """A column without a time zone holds UTC."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(text: str) -> bool:
    if text.lower() in {"true", "t", "1"}:
        return True
    if text.lower() in {"false", "f", "0"}:
        return False
    raise ValueError("is not true or false")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("is not a number") from None


def _short_decimal(text: str) -> Decimal:
    value = _decimal(text)
    if len(value.normalize().as_tuple().digits) > SQLITE_DIGITS:
        raise ValueError(f"has more than the {SQLITE_DIGITS} significant digits that SQLite can hold")
    return value


CONVERTERS: Mapping[type, Convert] = MappingProxyType(
    {
        str: str,
        int: int,
        float: float,
        Decimal: _decimal,
        bool: _boolean,
        date: date.fromisoformat,
        time: time.fromisoformat,
        uuid.UUID: uuid.UUID,
        bytes: bytes.fromhex,
    }
)
