"""From a value of a request to the text that PostgreSQL reads; and what both databases refuse alike."""

import json
import re
from collections.abc import Callable
from decimal import Decimal

import orjson

from gemel.apart import in_turns
from gemel.catalog import Kind, ValueType
from gemel.errors import DatabaseError
from gemel.request import Written
from gemel.sql.lists import list_text
from gemel.sql.statement import Encoder

ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
EXACT = 2.0**53
"""Below it every whole number is a double of its own."""


def invalid(type_: ValueType, value: object) -> DatabaseError:
    """PostgreSQL's 22P02 for a value that cannot be read as this type."""
    return DatabaseError("22P02", f'invalid input syntax for type {type_.name}: "{shown(value)}"')


def shown(value: object) -> str:
    """A value as PostgreSQL would print it in a message."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json_text(value)
    if isinstance(value, float) and value and value.is_integer() and abs(value) < EXACT:
        return str(int(value))  # as a numeric, 100000.0 would have a scale
    return str(value)


def json_text(value: object) -> str:
    """JSON text; numbers keep their digits."""
    try:
        return orjson.dumps(value, default=_number).decode()
    except (TypeError, ValueError):  # a Decimal, or an integer over 64 bits
        return _slowly(value)


def _number(value: object) -> object:
    raise TypeError(type(value).__name__)


def _slowly(value: object) -> str:
    if isinstance(value, dict):
        members = (f"{orjson.dumps(str(key)).decode()}:{_slowly(item)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_slowly(item) for item in value) + "]"
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return orjson.dumps(value).decode()


def text_encoder(type_: ValueType) -> Encoder:
    """Encoder to the text form that PostgreSQL's input function of the type reads."""
    if type_.is_document:
        return _document
    if type_.kind is Kind.ARRAY and type_.item is not None:
        return _array(text_encoder(type_.item))
    if type_.kind is Kind.ENUM and type_.name == "text":
        return _label(type_)

    def encode(value: object) -> object:
        if value is None or isinstance(value, str):
            return _clean(value)
        if isinstance(value, dict | list):
            raise invalid(type_, value)
        return shown(value)

    return encode


def _label(type_: ValueType) -> Encoder:
    """Of an enum that is no type of the database, which therefore would take any text."""

    def encode(value: object) -> object:
        if value is not None and value not in type_.labels:
            raise DatabaseError("22P02", f'invalid input value for enum: "{shown(value)}"')
        return value

    return encode


def list_encoder(type_: ValueType) -> Encoder:
    """Encoder of a list of values to the text of one."""
    one = text_encoder(type_)

    def encode(value: object) -> object:
        items = value if isinstance(value, list | tuple) else [value]
        return list_text([one(item) for item in in_turns(items)])

    return encode


def plain_text(value: object) -> object:
    """A text argument (a pattern, a key)."""
    return _clean(value) if value is None or isinstance(value, str) else shown(value)


def like_pattern(value: object) -> object:
    """A pattern of LIKE, refused up front: PostgreSQL refuses it only once it meets a row.

    :raises DatabaseError: 22025, the pattern ends in its escape character.
    """
    text = plain_text(value)
    if isinstance(text, str) and (len(text) - len(text.rstrip("\\"))) % 2:
        raise DatabaseError("22025", "LIKE pattern must not end with escape character")
    return text


def _clean(value: str | None) -> str | None:
    if value is not None and "\0" in value:
        raise DatabaseError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    if value is not None and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DatabaseError("22021", 'invalid byte sequence for encoding "UTF8": a lone surrogate') from None
    return value


def _document(value: object) -> object:
    if value is None:
        return None
    try:
        if isinstance(value, Written):
            json.loads(value, parse_constant=_refuse)
            return _without_zero(str(value))
        if isinstance(value, list) and any(isinstance(item, Written) for item in value):
            return "[" + ",".join("null" if item is None else str(_document(item)) for item in value) + "]"
        return _without_zero(json_text(value))
    except (TypeError, ValueError, RecursionError):
        raise DatabaseError("22P02", f'invalid input syntax for type json: "{shown(value)}"') from None


def _without_zero(text: str) -> str:
    if "\\u0000" in text and ZERO.search(text) is not None:
        raise DatabaseError("22P05", "unsupported Unicode escape sequence", "\\u0000 cannot be converted to text.")
    return text


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _array(one: Encoder) -> Callable[[object], object]:
    def encode(value: object) -> object:
        if not isinstance(value, list | tuple):
            return None if value is None else plain_text(value)
        return (
            "{"
            + ",".join(_member(one(item)) if not isinstance(item, list) else str(encode(item)) for item in value)
            + "}"
        )

    return encode


def _member(value: object) -> str:
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
