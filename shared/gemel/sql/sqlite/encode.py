"""From a value of a request to what SQLite stores, refusing in PostgreSQL's words what PostgreSQL would refuse.

The storage forms are SQLAlchemy's own for SQLite (``sqlalchemy.dialects.sqlite``), so that its ORM reads what we write.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from gemel.catalog import Kind, ValueType
from gemel.errors import DatabaseError
from gemel.sql.encode import invalid, json_text, plain_text, shown, text_encoder
from gemel.sql.statement import Encoder

EXACT_DIGITS = 15
"""Significant digits that a double holds exactly (docs/decisions.md, 8)."""
BOUNDS = {Kind.SMALLINT: 2**15, Kind.INTEGER: 2**31, Kind.BIGINT: 2**63}
WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*\Z", re.ASCII)
NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*\Z", re.ASCII)
WORDS = {"nan": "nan", "infinity": "inf", "inf": "inf", "+infinity": "inf", "-infinity": "-inf", "-inf": "-inf"}
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
LONGEST_NUMBER = 400
"""Characters of a number that are looked at; Python's own conversions of longer ones take quadratic time."""

Reader = Callable[[ValueType, str], object]


def storage_encoder(type_: ValueType, *, assign: bool = False) -> Encoder:
    """Encoder to the storage form.

    :param assign: the value goes into the column, so its length, precision and scale count.
    """
    if type_.is_document:
        return text_encoder(type_)
    if type_.kind is Kind.ARRAY:
        return lambda value: None if value is None else json_text(value)
    read = _READERS.get(type_.kind, _text)

    def encode(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise invalid(type_, value)
        return read(type_, str(plain_text(value)))

    return _assigning(type_, encode) if assign else encode


def list_encoder(one: Encoder) -> Encoder:
    """Encoder of a list of values to a JSON array of storage forms, for ``json_each``."""

    def encode(value: object) -> object:
        items = value if isinstance(value, list | tuple) else [value]
        return json_text([_listed(one(item)) for item in items])

    return encode


def _listed(stored: object) -> object:
    """JSON has no infinity, but SQLite reads a number that is too large as one."""
    if isinstance(stored, float) and math.isinf(stored):
        return Decimal("1e999") if stored > 0 else Decimal("-1e999")
    return stored


def _assigning(type_: ValueType, encode: Encoder) -> Encoder:
    if type_.kind is Kind.NUMERIC and type_.scale is not None:
        return lambda value: None if value is None else _scaled(type_, str(plain_text(value)))
    if type_.length is None:
        return encode

    def checked(value: object) -> object:
        stored = encode(value)
        if isinstance(stored, str) and len(stored.rstrip(" ")) > (type_.length or 0):
            name = "character varying" if type_.kind is Kind.TEXT else "character"
            raise DatabaseError("22001", f"value too long for type {name}({type_.length})")
        return stored

    return checked


def _whole(type_: ValueType, text: str) -> object:
    if WHOLE.match(text) is None:
        raise invalid(type_, text)
    bound = BOUNDS[type_.kind]
    number = int(text) if len(text) < LONGEST_NUMBER else bound
    if not -bound <= number < bound:
        raise DatabaseError("22003", f'value "{text}" is out of range for type {type_.name}')
    return number


def _decimal(type_: ValueType, text: str) -> Decimal:
    if text.strip().lower() in WORDS:
        raise DatabaseError("22003", f"SQLite cannot hold {text.strip()} as numeric")
    if NUMBER.match(text) is None or len(text) > LONGEST_NUMBER:
        raise invalid(type_, text)
    return Decimal(text.strip())


def _exact(number: Decimal) -> object:
    digits = len(number.normalize().as_tuple().digits)
    if digits > EXACT_DIGITS or abs(number.adjusted()) > 300:
        text = f"SQLite holds at most {EXACT_DIGITS} significant digits of a numeric exactly"
        raise DatabaseError("22003", f"{text}: {number}")
    return int(number) if number == number.to_integral_value() else float(number)


def _numeric(type_: ValueType, text: str) -> object:
    return _exact(_decimal(type_, text))


def _scaled(type_: ValueType, text: str) -> object:
    """Rounded to the scale, half away from zero, and checked against the precision (PostgreSQL manual, 8.1.2)."""
    number, scale = _decimal(type_, text), type_.scale or 0
    whole = (type_.precision or EXACT_DIGITS) - scale
    if number and number.adjusted() < whole:
        number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if number and number.adjusted() >= whole:
        field = f"A field with precision {type_.precision}, scale {scale}"
        details = f"{field} must round to an absolute value less than 10^{whole}."
        raise DatabaseError("22003", "numeric field overflow", details)
    return _exact(number)


def _float(type_: ValueType, text: str) -> object:
    word = WORDS.get(text.strip().lower())
    if word == "nan":
        raise DatabaseError("22003", "SQLite cannot hold NaN")
    if word is None and NUMBER.match(text) is None:
        raise invalid(type_, text)
    number = float(word or text)
    if word is None and number in (float("inf"), float("-inf")):
        raise DatabaseError("22003", f'"{text}" is out of range for type {type_.name}')
    return number


def _boolean(type_: ValueType, text: str) -> object:
    word = text.strip().lower()
    for words, stored in ((TRUE, 1), (FALSE, 0)):
        if word and word != "o" and any(one.startswith(word) for one in words):
            return stored
    raise invalid(type_, text)


def _uuid(type_: ValueType, text: str) -> object:
    try:
        return UUID(text.strip()).hex
    except ValueError:
        raise invalid(type_, text) from None


def _moment(type_: ValueType, text: str) -> DatabaseError:
    if re.match(r"\s*\d{4,}-\d{1,2}-\d{1,2}", text):
        return DatabaseError("22008", f'date/time field value out of range: "{text}"')
    name = {Kind.TIMESTAMPTZ: "timestamp with time zone", Kind.TIMETZ: "time with time zone"}.get(
        type_.kind, type_.name
    )
    return DatabaseError("22007", f'invalid input syntax for type {name}: "{text}"')


def _date(type_: ValueType, text: str) -> object:
    try:
        return datetime.fromisoformat(text.strip()).date().isoformat()
    except ValueError:
        raise _moment(type_, text) from None


def _timestamp(type_: ValueType, text: str) -> object:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _moment(type_, text) from None
    if type_.kind is Kind.TIMESTAMPTZ and moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _time(type_: ValueType, text: str) -> object:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None).isoformat("microseconds")
    except ValueError:
        raise _moment(type_, text) from None


def _bytes(type_: ValueType, text: str) -> object:
    if not text.startswith("\\x"):
        return text.encode()
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise DatabaseError("22P02", f'invalid hexadecimal data: "{shown(text)}"') from None


def _enum(type_: ValueType, text: str) -> object:
    if text not in type_.labels and type_.name != "text":
        raise DatabaseError("22P02", f'invalid input value for enum {type_.name}: "{text}"')
    return text


def _text(type_: ValueType, text: str) -> object:
    return text


_READERS: Mapping[Kind, Reader] = {
    Kind.SMALLINT: _whole,
    Kind.INTEGER: _whole,
    Kind.BIGINT: _whole,
    Kind.REAL: _float,
    Kind.DOUBLE: _float,
    Kind.NUMERIC: _numeric,
    Kind.BOOLEAN: _boolean,
    Kind.UUID: _uuid,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.TIMETZ: _time,
    Kind.TIMESTAMP: _timestamp,
    Kind.TIMESTAMPTZ: _timestamp,
    Kind.BYTEA: _bytes,
    Kind.ENUM: _enum,
}
