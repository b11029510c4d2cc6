"""What an app expects of its policies: ``examples`` of its ``policies.py``, run by ``scripts.py policy test``."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from gemel.catalog import Verb
from gemel.errors import AppError


@dataclass(frozen=True, eq=False)
class Expected:
    """Which rows of a table are seen."""

    model: type
    rows: sa.ColumnElement[bool]
    """Exactly these."""


@dataclass(frozen=True, eq=False)
class Allowed:
    """Whether something may be done to a table."""

    verb: Verb
    model: type
    columns: tuple[str, ...]
    allowed: bool


@dataclass(frozen=True, eq=False)
class Example:
    """A role with claims, and what is true of it: ``Example("customer", {"user-id": 5}).sees(Invoice, …)``."""

    role: str
    claims: Mapping[str, object] = field(default_factory=dict)
    expected: tuple[Expected, ...] = ()
    allowed: tuple[Allowed, ...] = ()

    def sees(self, model: type, rows: Any) -> Self:
        """It sees exactly these rows.

        :param rows: an expression over the class, without claims; ``True`` are all, ``False`` is none.
        """
        test = sa.literal(rows) if isinstance(rows, bool) else rows
        return replace(self, expected=(*self.expected, Expected(_mapped(model), test)))

    def may(self, verb: Verb, model: type, *columns: str) -> Self:
        """It may do this to the table, with these columns."""
        return replace(self, allowed=(*self.allowed, Allowed(verb, _mapped(model), columns, True)))

    def may_not(self, verb: Verb, model: type, *columns: str) -> Self:
        """It may not do this to the table, or with any of these columns."""
        return replace(self, allowed=(*self.allowed, Allowed(verb, _mapped(model), columns, False)))

    @property
    def variables(self) -> dict[str, str]:
        """The claims, as an actor has them."""
        return {name.lower(): str(value) for name, value in self.claims.items()}

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.claims.items())
        return f"{self.role} ({told})" if told else self.role


def _mapped(model: type) -> type:
    if not isinstance(sa.inspect(model, raiseerr=False), Mapper):
        raise AppError(f"Example: {model!r} is no mapped class")
    return model
