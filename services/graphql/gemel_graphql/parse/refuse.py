"""Errors of the parser, in the dialect's words (``docs/dialects/graphql.md`` section 11.4)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from gemel.errors import Location, RequestError

VALIDATION: Final = "validation-failed"
PARSE: Final = "parse-failed"
NOT_SUPPORTED: Final = "not-supported"


class Bare(str):
    """A word without quotes in a document: the value of an enum."""

    __slots__ = ()


def refuse(text: str, at: Location = (), code: str = VALIDATION) -> RequestError:
    """The error to raise.

    :param at: path into the query.
    """
    return RequestError(code, text, at=at)


def found(value: object) -> str:
    """What kind of value it is, for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case Bare():
            return "an enum value"
        case str():
            return "a string"
        case int() | float() | Decimal():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def mismatch(expected: str, type_name: str, value: object, at: Location) -> RequestError:
    """A value of the wrong kind."""
    if value is None:
        return null_value(type_name, at)
    return refuse(f"expected {expected} for type '{type_name}', but found {found(value)}", at)


def no_value(values: Iterable[str], type_name: str, value: object, at: Location) -> RequestError:
    """None of the values of an enum."""
    known = ", ".join(f"'{name}'" for name in values)
    what = f"'{value[:80]}'" if isinstance(value, Bare) else found(value)
    return refuse(f"expected one of the values [{known}] for type '{type_name}', but found {what}", at)


def null_value(type_name: str, at: Location) -> RequestError:
    """A null where none may be."""
    return refuse(f"unexpected null value for type '{type_name}'", at)
