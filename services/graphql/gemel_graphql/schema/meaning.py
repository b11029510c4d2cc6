"""What a field, an input field or an enum value of the generated schema stands for.

The parser reads it from the ``extensions`` of the graphql-core object, so that no name is ever taken apart.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from graphql import GraphQLEnumValue, GraphQLField, GraphQLInputField, GraphQLNamedType

from gemel.catalog import Column, Relation, View
from gemel.request import MeasureTest, Operator
from gemel.request.read import MeasureName

KEY: Final = "gemel"

OneWrite: TypeAlias = Literal["insert", "insert_one", "update", "update_by_pk", "delete", "delete_by_pk"]
MutationVerb: TypeAlias = OneWrite | Literal["update_many"]


def meant(meaning: object) -> dict[str, Any]:
    """The ``extensions`` that carry a meaning."""
    return {KEY: meaning}


def meaning_of(item: GraphQLField | GraphQLInputField | GraphQLEnumValue | GraphQLNamedType) -> Any:
    """The meaning that an element of the schema carries; ``None`` of an own one of the app."""
    return item.extensions.get(KEY)


# --- output fields -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowsField:
    """Root: rows of a table."""

    table: View


@dataclass(frozen=True, slots=True)
class AggregateField:
    """Root: what is computed over rows of a table."""

    table: View


@dataclass(frozen=True, slots=True)
class ByKeyField:
    """Root: one row by its primary key."""

    table: View


@dataclass(frozen=True, slots=True)
class StreamField:
    """Root of subscriptions: rows of a table, in batches, as they appear."""

    table: View


@dataclass(frozen=True, slots=True)
class WriteField:
    """Root: a change of a table."""

    table: View
    verb: MutationVerb


@dataclass(frozen=True, slots=True)
class NoQueries:
    """Root: what a role sees that may see nothing."""


@dataclass(frozen=True, slots=True)
class OwnField:
    """Root: a resolver of the app."""

    mutation: bool


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A column; in an output, an order, a filter or a row to be written."""

    column: Column
    cast: str | None = None
    """Of an output: type that its value is cast to (section 10.1, the stringify option)."""


@dataclass(frozen=True, slots=True)
class RelatedRows:
    """A relation; in an output, an order or a filter."""

    relation: Relation
    table: View
    """Where it leads."""


@dataclass(frozen=True, slots=True)
class RelatedAggregate:
    """What is computed over the rows of a to-many relation; in an output or an order."""

    relation: Relation
    table: View


@dataclass(frozen=True, slots=True)
class Part:
    """A fixed part of an object: ``aggregate``, ``nodes``, ``count``, ``affected_rows``, ``returning``, ``groups``,
    ``key``; in inputs ``arguments``, ``distinct``, ``filter``, ``predicate``, ``X``, ``Y``, ``data``, ``where`` …"""

    name: str


@dataclass(frozen=True, slots=True)
class MeasureOf:
    """A measure: ``sum``, ``avg`` …"""

    name: MeasureName


@dataclass(frozen=True, slots=True)
class Rows:
    """An enum type whose values are rows of a table: in a request they are values of a column, which stand in slots."""

    capitals: bool
    """The values are named in capitals, and stored in another form."""


@dataclass(frozen=True, slots=True)
class RowInput:
    """An input type whose values are rows to be inserted: many of them may be in one variable."""


# --- filters -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Junctor:
    """``_and``, ``_or``, ``_not``."""

    name: Literal["and", "or", "not"]


@dataclass(frozen=True, slots=True)
class MeasureTested:
    """A function whose result over related rows is tested."""

    name: MeasureTest


@dataclass(frozen=True, slots=True)
class Test:
    """An operator of a comparison."""

    operator: Operator
    negated: bool = False
    value: Literal["column", "list", "text", "texts", "truth", "search"] = "column"
    """What it takes: a value of the column's type, a list of such, a text, a list of texts, a constant truth value
    that chooses the test (``_is_null``), or a search."""


@dataclass(frozen=True, slots=True)
class SearchMode:
    """How the query of a text search is written."""

    operator: Operator


@dataclass(frozen=True, slots=True)
class CursorOrdering:
    """Value of the enum ``cursor_ordering``."""

    descending: bool


# --- orders ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Direction:
    """Value of the enum ``order_by``."""

    descending: bool
    nulls_first: bool
