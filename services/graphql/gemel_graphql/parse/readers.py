"""Check the values of columns and arguments (``docs/dialects/graphql.md`` section 10.2).

A text is accepted for every column and left to the database to read; everything else has to fit the type. Readers run
on every request, also when the plan is found in the cache.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from graphql import GraphQLEnumType, GraphQLInputType, get_named_type

from gemel.apart import in_turns
from gemel.catalog import Kind, ValueType
from gemel.errors import Location, RequestError
from gemel_graphql.parse.refuse import PARSE, Bare, mismatch, no_value, null_value, refuse
from gemel_graphql.schema.scalars import scalar_name

Reader = Callable[[object, Location], object]

INT32: Final = 2**31
INT64: Final = 2**63
_LARGEST_EXPONENT: Final = 40
"""Of a decimal that is looked at as an integer: 1e999999999 would be a number of a gigabyte."""


def value_reader(place: GraphQLInputType, type_: ValueType) -> Reader:
    """Reader of a column's values; none of them null.

    :param place: type of the place where they are given; that of an enum takes the words of the enum alone.
    """
    named = get_named_type(place)
    return _word(named) if isinstance(named, GraphQLEnumType) else column_reader(type_)


def _word(enum: GraphQLEnumType) -> Reader:
    def reader(value: object, at: Location) -> object:
        if value is None:
            raise null_value(enum.name, at)
        known = enum.values.get(value) if isinstance(value, Bare) else None
        if known is None:
            raise no_value(enum.values, enum.name, value, at)
        return known.value

    return reader


def column_reader(type_: ValueType) -> Reader:
    """Reader of the values of a type; none of them null."""
    type_ = type_.served
    if type_.kind is Kind.ARRAY and type_.item is not None:
        return _array(column_reader(type_.item), scalar_name(type_))
    return _READERS.get(type_.kind) or _text(scalar_name(type_))


def nullable(read: Reader) -> Reader:
    """Reader of values that may be null."""
    return lambda value, at: None if value is None else read(value, at)


def list_reader(read: Reader, type_name: str) -> Reader:
    """Reader of a list of values; a single one is a list of one (section 3)."""

    def reader(value: object, at: Location) -> object:
        if value is None:
            raise null_value(type_name, at)
        if not isinstance(value, list):
            return [read(value, at)]
        return [read(item, (*at, index)) for index, item in enumerate(in_turns(value))]

    return reader


def text_reader(value: object, at: Location) -> object:
    """A text: a pattern or a key."""
    if type(value) is not str:
        raise mismatch("a string", "String", value, at)
    return value


def limit_reader(value: object, at: Location) -> object:
    """A non-negative number of 32 bits."""
    if type(value) is not int:
        raise mismatch("a 32-bit integer", "Int", value, at)
    if value < 0:
        raise refuse("unexpected negative value", at)
    if value >= INT32:
        raise _outside(value, at)
    return value


def offset_reader(value: object, at: Location) -> object:
    """A non-negative number of 64 bits, or the digits of one."""
    if isinstance(value, str) and not isinstance(value, Bare):
        if not (value.isascii() and value.removeprefix("-").isdigit() and len(value) < _LARGEST_EXPONENT):
            raise refuse(f"expected a 64-bit integer for type 'Int', but found the string {value[:40]!r}", at, PARSE)
        value = int(value)
    if type(value) is not int:
        raise mismatch("a 64-bit integer", "Int", value, at)
    if value < 0:
        raise refuse("unexpected negative value", at)
    if value >= INT64:
        raise _outside(value, at)
    return value


def _outside(value: object, at: Location) -> RequestError:
    text = str(value)
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    hint = "Maybe it is a float, or is there integer overflow?"
    return refuse(f"The value {shown} lies outside the bounds or is not an integer. {hint}", at, PARSE)


def _whole(type_name: str, bits: int) -> Reader:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1)

    def reader(value: object, at: Location) -> object:
        kind = type(value)
        if kind is str:
            return value
        if kind is not int:
            value = _as_integer(value, type_name, bits, at)
        if not low <= value < high:
            raise _outside(value, at)
        return value

    return reader


def _as_integer(value: object, type_name: str, bits: int, at: Location) -> int:
    """``1.0`` and ``1e3`` are integers too."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < _LARGEST_EXPONENT and value % 1 == 0:
        return int(value)
    if isinstance(value, float | Decimal):
        raise _outside(value, at)
    raise mismatch(f"a {bits}-bit integer", type_name, value, at)


def _fraction(type_name: str) -> Reader:
    def reader(value: object, at: Location) -> object:
        kind = type(value)
        if kind is str or kind is int or kind is Decimal:
            return value
        if kind is not float:
            raise mismatch("a number", type_name, value, at)
        if not math.isfinite(value):  # type: ignore[arg-type]
            raise refuse(f"the value is no number of type '{type_name}'", at, PARSE)
        return value

    return reader


def _boolean(value: object, at: Location) -> object:
    if type(value) is not bool and type(value) is not str:
        raise mismatch("a boolean", "Boolean", value, at)
    return value


def _text(type_name: str) -> Reader:
    def reader(value: object, at: Location) -> object:
        if type(value) is not str:
            raise mismatch("a string", type_name, value, at)
        return value

    return reader


def _document(type_name: str) -> Reader:
    def reader(value: object, at: Location) -> object:
        if value is None:
            raise null_value(type_name, at)
        return plain(value)

    return reader


def plain(value: object) -> object:
    """A document in which words without quotes have become texts."""
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def _array(read: Reader, type_name: str) -> Reader:
    def reader(value: object, at: Location) -> object:
        if type(value) is str:  # PostgreSQL's own form: {a,b}
            return value
        if not isinstance(value, list):
            raise mismatch("a list", type_name, value, at)
        members = ((item, (*at, index)) for index, item in enumerate(value))
        return [None if item is None else (reader if type(item) is list else read)(item, at) for item, at in members]

    return reader


_READERS: Final[Mapping[Kind, Reader]] = {
    Kind.SMALLINT: _whole("smallint", 16),
    Kind.INTEGER: _whole("Int", 32),
    Kind.BIGINT: _whole("bigint", 64),
    Kind.REAL: _fraction("Float"),
    Kind.DOUBLE: _fraction("float8"),
    Kind.NUMERIC: _fraction("numeric"),
    Kind.BOOLEAN: _boolean,
    Kind.JSON: _document("json"),
    Kind.JSONB: _document("jsonb"),
}
