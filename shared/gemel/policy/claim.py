"""What is known of who asks, as a value in an expression."""

import csv
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, get_args, get_origin
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from gemel.auth.actor import VARIABLE
from gemel.errors import AppError, DatabaseError, MissingVariable

TYPES: Final[Mapping[type, type[sa.types.TypeEngine[Any]]]] = {
    str: sa.Text,
    int: sa.BigInteger,
    bool: sa.Boolean,
    float: sa.Double,
    Decimal: sa.Numeric,
    UUID: sa.Uuid,
    date: sa.Date,
    datetime: sa.DateTime,
}
MEMBERS: Final = frozenset({str, int})
"""What a claim may be a list of."""
CLOSED: Final = "no_replacement_traverse"


class Claim(sa.ColumnElement[Any]):
    """A claim of the actor. It gets its value when a statement is run."""

    inherit_cache = False

    def __init__(self, name: str, kind: type) -> None:
        self.name, self.kind = name.lower().removeprefix(VARIABLE), kind
        member = get_args(kind)[0] if get_origin(kind) is list else None
        if kind not in TYPES and member not in MEMBERS:
            known = ", ".join(item.__name__ for item in TYPES)
            text = f"the type of a claim is one of {known}, list[str] and list[int]"
            raise AppError(f"claim({name!r}, {kind!r}): {text}")
        self.type = TYPES[kind]() if member is None else sa.ARRAY(TYPES[member]())

    def holds(self, value: Any) -> sa.ColumnElement[bool]:
        """Whether a value is in the list that this claim is: ``claim("album-ids", list[int]).holds(Album.id)``.

        :raises AppError: it is no list.
        """
        if get_origin(self.kind) is not list:
            raise AppError(f"claim({self.name!r}, {self.kind.__name__}) is no list, which alone holds something")
        return Held(value, self)

    def of(self, claims: Mapping[str, str]) -> str:
        """The value, as text.

        :param claims: by lower-case name.
        :raises MissingVariable: there is none.
        """
        found = claims.get(VARIABLE + self.name)
        found = claims.get(self.name) if found is None else found
        if found is None:
            raise MissingVariable(VARIABLE + self.name)
        return found


class Held(FunctionElement[bool]):
    """Whether the first value is in the second, which is a list."""

    name = "held"
    type = sa.Boolean()
    inherit_cache = False


@compiles(Held)
def _held(element: Held, compiler: Any, **options: Any) -> str:
    value, listed = (compiler.process(item, **options) for item in element.clauses)
    return f"({value} = ANY ({listed}))"


@compiles(Held, "sqlite")
def _held_in_json(element: Held, compiler: Any, **options: Any) -> str:
    value, listed = (compiler.process(item, **options) for item in element.clauses)
    return f"({value} IN (SELECT value FROM json_each({listed})))"  # noqa: S608 - what SQLAlchemy compiled


class Members(sa.TypeDecorator[list[Any]]):
    """A list as a parameter: an array, or its JSON where there are none."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, member: type[sa.types.TypeEngine[Any]]) -> None:
        super().__init__()
        self.member = member

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """See ``sqlalchemy.types.TypeDecorator``."""
        return dialect.type_descriptor(sa.ARRAY(self.member()) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """See ``sqlalchemy.types.TypeDecorator``."""
        return value if dialect.name == "postgresql" else json.dumps(value)


@compiles(Claim)
def _compile(element: Claim, *_: Any, **__: Any) -> str:
    raise AppError(f"claim({element.name!r}) has no value here: it stands in policies.py, or within context.visible()")


def claim(name: str, kind: type = str) -> Any:
    """A claim of who asks: the session variable ``x-hasura-<name>``, else the claim ``<name>`` of the token.

    A request of an actor that has none is refused.

    :param kind: ``str``, ``int``, ``bool``, ``float``, ``Decimal``, ``UUID``, ``date``, ``datetime``; or ``list[str]``
        or ``list[int]``, whose ``holds(value)`` is a condition.
    :raises AppError: it is another type.
    """
    return Claim(name, kind)


def replaced(expression: sa.ColumnElement[Any], replace: Callable[[Any], Any]) -> sa.ColumnElement[Any]:
    """A copy of an expression with other elements in it.

    SQLAlchemy keeps its own replacements, which know nothing of scopes, out of what stands in ``has()`` and ``any()``.

    :param replace: gives what stands for an element, or ``None``.
    """
    element: Any
    for element in iterate(expression):
        kept = getattr(element, "_annotations", {})
        if CLOSED in kept:
            element._annotations = sa.util.immutabledict({name: kept[name] for name in kept if name != CLOSED})
    found: sa.ColumnElement[Any] = replacement_traverse(expression, {}, lambda element, **_: replace(element))
    return found


def fill(expression: sa.ColumnElement[Any], claims: Mapping[str, str]) -> sa.ColumnElement[Any]:
    """An expression with values in the place of claims, for a session of the app.

    :raises MissingVariable: the actor has none of a name.
    """

    return replaced(expression, lambda item: _value(item, claims) if isinstance(item, Claim) else None)


def _value(item: Claim, claims: Mapping[str, str]) -> sa.ColumnElement[Any]:
    text = item.of(claims)
    if get_origin(item.kind) is list:
        [member] = get_args(item.kind)
        return sa.literal(_members(item, text, member), Members(TYPES[member]))
    try:
        return sa.literal(TypeAdapter(item.kind).validate_python(text), item.type)
    except ValidationError:
        raise _unreadable(item, text) from None


def _members(item: Claim, text: str, member: type) -> list[Any]:
    """Of an array literal of PostgreSQL (its manual, section 8.15.2), which lists of a token become."""
    try:
        if not (text.startswith("{") and text.endswith("}")):
            raise ValueError
        [found] = csv.reader([text[1:-1]], escapechar="\\", doublequote=False) if text != "{}" else [[]]
        return TypeAdapter(list[member]).validate_python(found)  # type: ignore[valid-type]
    except (ValueError, csv.Error):
        raise _unreadable(item, text) from None


def _unreadable(item: Claim, text: str) -> DatabaseError:
    kind = str(item.kind) if get_origin(item.kind) is list else item.kind.__name__
    return DatabaseError("22P02", f'invalid input syntax for the claim {item.name!r}, which is {kind}: "{text}"')
