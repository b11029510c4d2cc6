"""Filters by what is computed over related rows (``docs/dialects/graphql.md`` section 5.6)."""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
)

from gemel.catalog import Column, Kind
from gemel.catalog.types import NUMBERS, simple
from gemel.request import MeasureTest
from gemel_graphql.schema.columns import column_enum, select_column
from gemel_graphql.schema.comparisons import comparison
from gemel_graphql.schema.meaning import MeasureTested, Part, meant
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types

BOOLEAN: Final[tuple[MeasureTest, ...]] = ("bool_and", "bool_or")
PAIRED: Final[tuple[MeasureTest, ...]] = ("corr", "covar_samp")
NUMERIC: Final[tuple[MeasureTest, ...]] = ("avg", "max", "min", "stddev_samp", "sum", "var_samp")


def aggregate_bool_exp(types: Types, served: Served, rows: GraphQLInputObjectType) -> GraphQLInputObjectType:
    """One function, and what its result has to be.

    :param rows: filter of the table's rows.
    """
    name = f"{served.name}_aggregate_bool_exp"
    description = f'filter by an aggregate of "{served.name}"'
    return types.input(name, description, lambda: dict(_functions(types, served, rows)))


def _functions(types: Types, served: Served, rows: GraphQLInputObjectType) -> Iterator[tuple[str, GraphQLInputField]]:
    for name, columns in sorted(_fitting(served).items()):
        function = _function(types, served, rows, name, columns)
        yield name, GraphQLInputField(function, extensions=meant(MeasureTested(name)))


def _fitting(served: Served) -> Mapping[MeasureTest, tuple[Column, ...]]:
    numbers = tuple(column for column in served.columns if column.type.kind in NUMBERS)
    truths = tuple(column for column in served.columns if column.type.kind is Kind.BOOLEAN)
    fitting: dict[MeasureTest, tuple[Column, ...]] = {"count": served.columns}
    fitting |= dict.fromkeys(BOOLEAN, truths) if truths else {}
    return fitting | (dict.fromkeys((*NUMERIC, *PAIRED), numbers) if numbers else {})


def _function(
    types: Types, served: Served, rows: GraphQLInputObjectType, function: MeasureTest, columns: tuple[Column, ...]
) -> GraphQLInputObjectType:
    def fields() -> dict[str, GraphQLInputField]:
        return {
            "arguments": GraphQLInputField(
                _arguments(types, served, function, columns), extensions=meant(Part("arguments"))
            ),
            "distinct": GraphQLInputField(GraphQLBoolean, extensions=meant(Part("distinct"))),
            "filter": GraphQLInputField(rows, extensions=meant(Part("filter"))),
            "predicate": GraphQLInputField(
                GraphQLNonNull(comparison(types, simple(_kind(function)))), extensions=meant(Part("predicate"))
            ),
        }

    return types.input(f"{served.name}_aggregate_bool_exp_{function}", None, fields)


def _kind(function: MeasureTest) -> Kind:
    return Kind.INTEGER if function == "count" else Kind.BOOLEAN if function in BOOLEAN else Kind.DOUBLE


def _arguments(types: Types, served: Served, function: MeasureTest, columns: tuple[Column, ...]) -> GraphQLInputType:
    if function == "count":
        return GraphQLList(GraphQLNonNull(select_column(types, served)))
    chosen = GraphQLNonNull(_columns(types, served, function, columns))
    if function not in PAIRED:
        return chosen

    def fields() -> dict[str, GraphQLInputField]:
        return {name: GraphQLInputField(chosen, extensions=meant(Part(name))) for name in ("X", "Y")}

    return GraphQLNonNull(types.input(f"{served.name}_aggregate_bool_exp_{function}_arguments", None, fields))


def _columns(types: Types, served: Served, function: MeasureTest, columns: tuple[Column, ...]) -> GraphQLEnumType:
    name = f"{served.name}_select_column_{served.name}_aggregate_bool_exp_{function}_arguments_columns"
    return column_enum(types, name, f'columns of "{served.name}" that {function} can be computed of', columns)
