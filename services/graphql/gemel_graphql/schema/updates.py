"""New values of columns (``docs/dialects/graphql.md`` section 9.3)."""

from collections.abc import Mapping
from typing import Final

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)

from gemel.catalog import Column, Kind
from gemel_graphql.schema.enums import typed
from gemel_graphql.schema.inputs import increased, row_input
from gemel_graphql.schema.meaning import ColumnOf, meant
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types


def documents(served: Served) -> tuple[Column, ...]:
    """Documents that a client may change in part."""
    return tuple(one for one in served.updatable if one.type.kind is Kind.JSONB and one.type.codec is None)


EDITS: Final[Mapping[str, tuple[str, GraphQLInputType | None]]] = {
    "append": ("append existing jsonb value of filtered columns with new jsonb value", None),
    "delete_at_path": (
        "delete the field or element with specified path (for JSON arrays, negative integers count from the end)",
        GraphQLList(GraphQLNonNull(GraphQLString)),
    ),
    "delete_elem": (
        "delete the array element with specified index (negative integers count from the end). "
        "throws an error if top level container is not an array",
        GraphQLInt,
    ),
    "delete_key": (
        "delete key/value pair or string element. key/value pairs are matched based on their key value",
        GraphQLString,
    ),
    "prepend": ("prepend existing jsonb value of filtered columns with new jsonb value", None),
}
"""Changes of documents, and the type of what they take; ``None``: a document."""


def edit_input(types: Types, served: Served, name: str) -> GraphQLInputObjectType:
    """Of each document what it is changed by."""
    description, given = EDITS[name]

    def field(column: Column) -> GraphQLInputField:
        return GraphQLInputField(given or typed(types, column), extensions=meant(ColumnOf(column)))

    columns = documents(served)
    return types.input(
        f"{served.name}_{name}_input", description, lambda: {column.name: field(column) for column in columns}
    )


def update_operators(types: Types, served: Served) -> dict[str, tuple[GraphQLInputObjectType, str]]:
    """What an update can do to the columns of a row, and its description."""
    found = {}
    if documents(served):
        found = {f"_{name}": (edit_input(types, served, name), EDITS[name][0]) for name in EDITS}
    if increased(served):
        found["_inc"] = (
            inc_input(types, served),
            "increments the numeric columns with given value of the filtered values",
        )
    found["_set"] = (set_input(types, served), "sets the columns of the filtered rows to the given values")
    return found


def set_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """New values of columns."""
    name = f"{served.name}_set_input"
    return row_input(types, name, f'input type for updating data in table "{served.name}"', served.updatable)


def inc_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """Amounts to add to columns."""
    description = f'input type for incrementing numeric columns in table "{served.name}"'
    return row_input(types, f"{served.name}_inc_input", description, increased(served))
