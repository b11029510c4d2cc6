"""Groups of rows in aggregates (``docs/dialects/graphql.md`` section 20)."""

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from gemel.catalog import Column
from gemel_graphql.schema.columns import select_column
from gemel_graphql.schema.enums import typed
from gemel_graphql.schema.meaning import Part, meant
from gemel_graphql.schema.orders import aggregate_order_by, direction
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types


def groups(types: Types, served: Served, measures: GraphQLObjectType) -> GraphQLField:
    """Field of the rows by equal values.

    :param measures: type of what is computed over rows.
    """
    arguments = {
        "by": GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(select_column(types, served))))),
        "limit": GraphQLArgument(GraphQLInt, description="limit the number of groups returned"),
        "offset": GraphQLArgument(GraphQLInt, description="skip the first n groups"),
        "order_by": GraphQLArgument(
            GraphQLList(GraphQLNonNull(_order_by(types, served))), description="sort the groups"
        ),
    }
    listed = GraphQLNonNull(GraphQLList(GraphQLNonNull(_group(types, served, measures))))
    return GraphQLField(listed, arguments, description="the rows by equal values", extensions=meant(Part("groups")))


def _group(types: Types, served: Served, measures: GraphQLObjectType) -> GraphQLObjectType:
    def fields() -> dict[str, GraphQLField]:
        return {
            "aggregate": GraphQLField(GraphQLNonNull(measures), extensions=meant(Part("aggregate"))),
            "key": GraphQLField(GraphQLNonNull(_key(types, served)), extensions=meant(Part("key"))),
        }

    return types.object(f"{served.name}_group", f'rows of "{served.name}" with equal values', fields)


def _key(types: Types, served: Served) -> GraphQLObjectType:
    def fields() -> dict[str, GraphQLField]:
        return {column.name: _key_column(types, column) for column in served.columns if not column.type.is_document}

    return types.object(f"{served.name}_group_key", "what the rows of a group have in common", fields)


def _key_column(types: Types, column: Column) -> GraphQLField:
    type_ = typed(types, column)
    return GraphQLField(
        type_ if column.nullable else GraphQLNonNull(type_),
        description=column.comment,
        extensions=meant(types.given(column)),
    )


def _order_by(types: Types, served: Served) -> GraphQLInputObjectType:
    def fields() -> dict[str, GraphQLInputField]:
        measured = aggregate_order_by(types, served)
        return {
            "aggregate": GraphQLInputField(measured, extensions=meant(Part("aggregate"))),
            "key": GraphQLInputField(_key_order_by(types, served), extensions=meant(Part("key"))),
        }

    return types.input(f"{served.name}_group_order_by", f'order of groups of "{served.name}"', fields)


def _key_order_by(types: Types, served: Served) -> GraphQLInputObjectType:
    def columns() -> Iterator[tuple[str, GraphQLInputField]]:
        for column in served.columns:
            if not column.type.is_document:
                yield column.name, direction(types, column)

    return types.input(f"{served.name}_group_key_order_by", None, lambda: dict(columns()))
