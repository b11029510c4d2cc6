"""What is known of who asks, as a value in an expression."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.compiler import compiles
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
CLOSED: Final = "no_replacement_traverse"


class Claim(sa.ColumnElement[Any]):
    """A claim of the actor. It gets its value when a statement is run."""

    inherit_cache = False

    def __init__(self, name: str, kind: type) -> None:
        if kind not in TYPES:
            known = ", ".join(item.__name__ for item in TYPES)
            raise AppError(f"claim({name!r}, {kind!r}): the type of a claim is one of {known}")
        self.name, self.kind = name.lower().removeprefix(VARIABLE), kind
        self.type = TYPES[kind]()

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


@compiles(Claim)
def _compile(element: Claim, *_: Any, **__: Any) -> str:
    raise AppError(f"claim({element.name!r}) has no value here: it stands in policies.py, or within context.visible()")


def claim(name: str, kind: type = str) -> Any:
    """A claim of who asks: the session variable ``x-hasura-<name>``, else the claim ``<name>`` of the token.

    A request of an actor that has none is refused.

    :param kind: ``str``, ``int``, ``bool``, ``float``, ``Decimal``, ``UUID``, ``date`` or ``datetime``.
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
    try:
        return sa.literal(TypeAdapter(item.kind).validate_python(text), item.type)
    except ValidationError:
        told = f'invalid input syntax for the claim {item.name!r}, which is {item.kind.__name__}: "{text}"'
        raise DatabaseError("22P02", told) from None
