"""What the grammars of the query string give: frozen trees, still with values and unchecked names."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gemel.request import Operator


@dataclass(frozen=True, slots=True)
class FieldName:
    """A column, or a place inside its document."""

    name: str
    path: tuple[str | int, ...] = ()
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """Right-hand side of a filter."""

    operator: Operator
    value: str | tuple[str, ...] | None = None
    negated: bool = False
    quantifier: Literal["any", "all"] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A test of a field."""

    field: FieldName
    test: Test


@dataclass(frozen=True, slots=True)
class Logic:
    """``and(…)`` or ``or(…)``."""

    operator: Literal["and", "or"]
    negated: bool
    items: tuple["Filter | Logic", ...]


Tree: TypeAlias = Filter | Logic


@dataclass(frozen=True, slots=True)
class Star:
    """``*``."""


@dataclass(frozen=True, slots=True)
class Item:
    """A column of a select."""

    field: FieldName
    alias: str | None = None
    cast: str | None = None
    aggregate: Literal["count", "sum", "avg", "min", "max"] | None = None
    after: str | None = None
    """Type that the result of the aggregate is cast to."""


@dataclass(frozen=True, slots=True)
class RowCount:
    """``count()``."""

    alias: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RowCursor:
    """``cursor()``: where the row stands in its list (R31-1)."""

    alias: str | None = None


@dataclass(frozen=True, slots=True)
class EmbedItem:
    """Related rows in a select."""

    target: str
    items: tuple["SelectItem", ...]
    alias: str | None = None
    hint: str | None = None
    inner: bool = False
    spread: bool = False

    @property
    def key(self) -> str:
        """Name in the answer."""
        return self.alias or self.target


SelectItem: TypeAlias = Star | Item | RowCount | RowCursor | EmbedItem


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """A sort key; ``relation`` is the embed that the field belongs to, if not the row itself."""

    relation: str | None
    field: FieldName
    descending: bool
    nulls_first: bool
