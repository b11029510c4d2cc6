"""Streaming subscriptions: ``<t>_stream`` (``docs/dialects/graphql.md`` section 13.2)."""

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
)

from gemel.catalog import Column, Kind
from gemel_graphql.schema.filters import bool_exp
from gemel_graphql.schema.inputs import row_input
from gemel_graphql.schema.meaning import CursorOrdering, Part, StreamField, meant
from gemel_graphql.schema.rows import rows
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types

UNORDERED = frozenset({Kind.JSON, Kind.JSONB, Kind.ARRAY, Kind.PROCESSED, Kind.OTHER})
"""Kinds that nobody would have rows follow by."""


def stream_fields(types: Types, served: Served) -> Iterator[tuple[str, GraphQLField]]:
    """The field that gives rows in batches, as they appear."""
    if not served.may("select") or not streamed(served):
        return
    cursors = GraphQLNonNull(GraphQLList(_cursor(types, served)))
    arguments = {
        "batch_size": GraphQLArgument(
            GraphQLNonNull(GraphQLInt), description="maximum number of rows returned in a single batch"
        ),
        "cursor": GraphQLArgument(cursors, description="cursor to stream the results returned by the query"),
        "where": GraphQLArgument(bool_exp(types, served), description="filter the rows returned"),
    }
    yield (
        f"{served.name}_stream",
        GraphQLField(
            rows(types, served),
            arguments,
            description=f'fetch data from the table in a streaming manner: "{served.name}"',
            extensions=meant(StreamField(served.table)),
        ),
    )


def streamed(served: Served) -> tuple[Column, ...]:
    """Columns that rows can follow by."""
    return tuple(column for column in served.columns if not column.computed and column.type.kind not in UNORDERED)


def _cursor(types: Types, served: Served) -> GraphQLInputObjectType:
    value = row_input(
        types,
        f"{served.name}_stream_cursor_value_input",
        "Initial value of the column from where the streaming should start",
        streamed(served),
    )

    def fields() -> dict[str, GraphQLInputField]:
        return {
            "initial_value": GraphQLInputField(
                GraphQLNonNull(value),
                description="Stream column input with initial value",
                extensions=meant(Part("initial_value")),
            ),
            "ordering": GraphQLInputField(
                _ordering(types), description="cursor ordering", extensions=meant(Part("ordering"))
            ),
        }

    text = f'Streaming cursor of the table "{served.name}"'
    return types.input(f"{served.name}_stream_cursor_input", text, fields)


def _ordering(types: Types) -> GraphQLEnumType:
    values = {
        name: GraphQLEnumValue(
            name, description=f"{word} ordering of the cursor", extensions=meant(CursorOrdering(descending=descending))
        )
        for name, word, descending in (("ASC", "ascending", False), ("DESC", "descending", True))
    }
    return types.enum("cursor_ordering", "ordering argument of a cursor", values)
