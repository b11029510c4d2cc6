"""From a value of a request to what SQLite stores, refusing in PostgreSQL's words what PostgreSQL would refuse.

The storage forms are SQLAlchemy's own for SQLite (``sqlalchemy.dialects.sqlite``), so that its ORM reads what we write.
"""

import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from gemel.apart import in_turns
from gemel.catalog import Kind, ValueType
from gemel.errors import DatabaseError
from gemel.sql.encode import invalid, json_text, plain_text, shown, text_encoder
from gemel.sql.sqlite.arrays import array_encoder
from gemel.sql.sqlite.intervals import stored_interval
from gemel.sql.sqlite.moments import stored_date, stored_moment, stored_time
from gemel.sql.sqlite.numbers import single
from gemel.sql.statement import Encoder

EXACT_DIGITS = 15
"""Significant digits that a double holds exactly (docs/decisions.md, 8)."""
BOUNDS = {Kind.SMALLINT: 2**15, Kind.INTEGER: 2**31, Kind.BIGINT: 2**63}
WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*\Z", re.ASCII)
NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*\Z", re.ASCII)
WORDS = {"nan": "nan", "infinity": "inf", "inf": "inf", "+infinity": "inf", "-infinity": "-inf", "-inf": "-inf"}
UUID = re.compile(r"([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}", re.ASCII)
ESCAPES = re.compile(rb"\\\\|\\[0-3][0-7]{2}")
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
        return _held_document(text_encoder(type_)) if assign else text_encoder(type_)
    if type_.kind is Kind.ARRAY and type_.item is not None:
        return array_encoder(type_.item, storage_encoder(type_.item, assign=assign))
    read = _READERS.get(type_.kind, _text)

    def encode(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise invalid(type_, value)
        return read(type_, str(plain_text(value)))

    return _assigning(type_, encode) if assign else encode


def _held_document(encode: Encoder) -> Encoder:
    """A document that is a number alone: SQLite makes a number of the text, for a column declared JSON is numeric."""

    def checked(value: object) -> object:
        text = encode(value)
        small = isinstance(text, str) and len(text) < EXACT_DIGITS
        if isinstance(text, str) and not small and NUMBER.match(text) is not None:
            whole = WHOLE.match(text) is not None and len(text) < LONGEST_NUMBER
            if not whole or abs(int(text)) >= BOUNDS[Kind.BIGINT]:
                _exact(_decimal(ValueType(Kind.NUMERIC, "json"), text))
        return text

    return checked


def list_encoder(one: Encoder) -> Encoder:
    """Encoder of a list of values to a JSON array of storage forms, for ``json_each``."""

    def encode(value: object) -> object:
        items = value if isinstance(value, list | tuple) else [value]
        return json_text([_listed(one(item)) for item in in_turns(items)])

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
        return stored[: type_.length] if isinstance(stored, str) else stored  # blanks may be too many

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
    whole = number == number.to_integral_value() and abs(number) < BOUNDS[Kind.BIGINT]
    return int(number) if whole else float(number)


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
    try:
        number = single(number) if type_.kind is Kind.REAL and word is None else number
    except OverflowError:
        number = float("inf")
    vanished = number == 0 and word is None and re.search(r"[1-9]", re.split("[eE]", text)[0]) is not None
    if vanished or (word is None and math.isinf(number)):
        raise DatabaseError("22003", f'"{text}" is out of range for type {type_.name}')
    return number


def _boolean(type_: ValueType, text: str) -> object:
    word = text.strip().lower()
    for words, stored in ((TRUE, 1), (FALSE, 0)):
        if word and word != "o" and any(one.startswith(word) for one in words):
            return stored
    raise invalid(type_, text)


def _uuid(type_: ValueType, text: str) -> object:
    """With or without braces, and a hyphen after any group of four digits (PostgreSQL manual, 8.12)."""
    bare = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    if UUID.fullmatch(bare) is None:
        raise invalid(type_, text)
    return bare.replace("-", "").lower()


def _bytes(type_: ValueType, text: str) -> object:
    """The hex form, or the escape form (PostgreSQL manual, 8.4)."""
    if text.startswith("\\x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            raise DatabaseError("22023", f'invalid hexadecimal data: "{shown(text)}"') from None
    raw = text.encode()
    if b"\\" in ESCAPES.sub(b"", raw):
        raise invalid(type_, text)
    return ESCAPES.sub(lambda found: b"\\" if found[0] == b"\\\\" else bytes([int(found[0][1:], 8)]), raw)


def _enum(type_: ValueType, text: str) -> object:
    if text not in type_.labels:
        raise DatabaseError("22P02", f'invalid input value for enum {type_.name}: "{text}"')
    return text


def _text(type_: ValueType, text: str) -> object:
    return text


def _padded(type_: ValueType, text: str) -> object:
    """Blanks at the end mean nothing: they are not stored, and made when it is read."""
    return text.rstrip(" ")


_READERS: Mapping[Kind, Reader] = {
    Kind.SMALLINT: _whole,
    Kind.INTEGER: _whole,
    Kind.BIGINT: _whole,
    Kind.REAL: _float,
    Kind.DOUBLE: _float,
    Kind.NUMERIC: _numeric,
    Kind.BOOLEAN: _boolean,
    Kind.UUID: _uuid,
    Kind.DATE: stored_date,
    Kind.TIME: stored_time,
    Kind.TIMETZ: stored_time,
    Kind.TIMESTAMP: stored_moment,
    Kind.TIMESTAMPTZ: stored_moment,
    Kind.INTERVAL: stored_interval,
    Kind.BYTEA: _bytes,
    Kind.BPCHAR: _padded,
    Kind.ENUM: _enum,
}
