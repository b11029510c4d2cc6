"""From a value of a request to the text that PostgreSQL reads; and what both databases refuse alike."""

from collections.abc import Callable
from decimal import Decimal

import orjson

from gemel.catalog import Kind, ValueType
from gemel.errors import DatabaseError
from gemel.sql.statement import Encoder


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

    def encode(value: object) -> object:
        if value is None or type(value) is str:
            return _clean(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict | list):
            raise invalid(type_, value)
        return str(value)

    return encode


def list_encoder(type_: ValueType) -> Encoder:
    """Encoder of a list of values to a list of texts."""
    one = text_encoder(type_)

    def encode(value: object) -> object:
        return [one(item) for item in value] if isinstance(value, list | tuple) else [one(value)]

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
        return json_text(value)
    except (TypeError, ValueError) as error:
        raise DatabaseError("22P02", f"invalid input syntax for type json: {error}") from None


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
