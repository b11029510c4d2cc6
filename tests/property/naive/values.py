"""Raw values of a request read as values of a column, and values of a column cast to another type."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from property.naive.data import ColumnType, Value


def read_value(raw: object, type_: ColumnType) -> Value:
    """What PostgreSQL would read; a text is accepted for every type."""
    if raw is None:
        return None
    if type_ == "integer":
        return int(str(raw).strip())
    if type_ == "numeric":
        return Decimal(str(raw).strip())
    if type_ == "timestamp":
        return datetime.fromisoformat(str(raw).strip()).isoformat()
    return str(raw)


def read_list(raw: object, type_: ColumnType) -> list[Value]:
    """The same of each member."""
    assert isinstance(raw, list)
    return [read_value(item, type_) for item in raw]


def cast(value: Value, to: str) -> Value:
    """A value of Chinook cast to a type, by PostgreSQL's name."""
    return CASTS[to](value) if value is not None else None


def _integer(value: Value) -> Value:
    """Halves go away from zero."""
    return int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))


def _text(value: Value) -> Value:
    """Timestamps have a blank between date and time."""
    text = str(value)
    is_timestamp = len(text) == 19 and text[10] == "T" and text[4] == text[7] == "-"
    return text.replace("T", " ") if is_timestamp else text


CASTS: Mapping[str, Callable[[Value], Value]] = {
    "text": _text,
    "integer": _integer,
    "bigint": _integer,
    "numeric": lambda value: value,
    "float8": lambda value: float(str(value)),
    "date": lambda value: str(value)[:10],
}
