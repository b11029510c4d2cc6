"""What is written: inputs of rows, keys and new values, and responses (``docs/dialects/graphql.md`` section 9)."""

from collections.abc import Iterable

from graphql import (
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
)

from gemel.catalog import Column
from gemel_graphql.schema.enums import typed
from gemel_graphql.schema.meaning import ColumnOf, Part, meant
from gemel_graphql.schema.rows import rows
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types


def increased(served: Served) -> tuple[Column, ...]:
    """Columns that a client may add to."""
    return tuple(column for column in served.updatable if column.type.is_number and column.type.codec is None)


def pk_columns_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """A primary key."""

    def fields() -> dict[str, GraphQLInputField]:
        return {
            column.name: GraphQLInputField(GraphQLNonNull(typed(types, column)), extensions=meant(ColumnOf(column)))
            for column in key_columns(served)
        }

    return types.input(f"{served.name}_pk_columns_input", f"primary key columns input for table: {served.name}", fields)


def key_columns(served: Served) -> tuple[Column, ...]:
    """Columns of the primary key; none if there is no key, or one of its columns is not served."""
    key = served.table.primary_key
    known = {column.name: column for column in served.columns}
    if key is None or not set(key.columns) <= set(known):
        return ()
    return tuple(known[name] for name in key.columns)


def mutation_response(types: Types, served: Served) -> GraphQLObjectType:
    """What a mutation of several rows answers."""

    def fields() -> dict[str, GraphQLField]:
        return {
            "affected_rows": GraphQLField(
                GraphQLNonNull(GraphQLInt),
                description="number of rows affected by the mutation",
                extensions=meant(Part("affected_rows")),
            ),
            **({"returning": _returning(types, served)} if served.may("select") else {}),
        }

    name = f"{served.name}_mutation_response"
    return types.object(name, f'response of any mutation on the table "{served.name}"', fields)


def _returning(types: Types, served: Served) -> GraphQLField:
    text = "data from the rows affected by the mutation"
    return GraphQLField(rows(types, served), description=text, extensions=meant(Part("returning")))


def row_input(types: Types, name: str, description: str, columns: Iterable[Column]) -> GraphQLInputObjectType:
    """An input type with a member for each of some columns."""

    def fields() -> dict[str, GraphQLInputField]:
        return {column.name: column_input(types, column) for column in columns}

    return types.input(name, description, fields)


def column_input(types: Types, column: Column) -> GraphQLInputField:
    """What is given for a column; it stands in several types."""
    made: GraphQLInputField = types.shared(
        ("input", column),
        lambda: GraphQLInputField(typed(types, column), description=column.comment, extensions=meant(ColumnOf(column))),
    )
    return made
