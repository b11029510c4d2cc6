"""Enums of columns."""

from collections.abc import Iterable

from graphql import GraphQLEnumType, GraphQLEnumValue

from gemel.catalog import Column
from gemel_graphql.schema.meaning import ColumnOf, meant
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types


def select_column(types: Types, served: Served) -> GraphQLEnumType:
    """Enum of a table's columns."""
    return column_enum(
        types, f"{served.name}_select_column", f'select columns of table "{served.name}"', served.columns
    )


def column_enum(types: Types, name: str, description: str, columns: Iterable[Column]) -> GraphQLEnumType:
    """Enum of some columns."""
    values = {
        types.names.field(column.name): GraphQLEnumValue(column.name, "column name", extensions=meant(ColumnOf(column)))
        for column in columns
    }
    if not values:  # an enum has values, and the list of none of them is one (G9.2-8, G10.5-2)
        values = {"_PLACEHOLDER": GraphQLEnumValue("_PLACEHOLDER", "placeholder (do not use)")}
    return types.enum(name, description, values)
