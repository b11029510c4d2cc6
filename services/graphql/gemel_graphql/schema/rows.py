"""Row types, their aggregates, and the arguments of lists (``docs/dialects/graphql.md`` sections 2, 3 and 8)."""

from collections.abc import Iterator, Sequence

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)

from gemel.catalog import Column, Relation
from gemel.request.read import MeasureName
from gemel_graphql.schema.columns import select_column
from gemel_graphql.schema.enums import typed
from gemel_graphql.schema.filters import bool_exp
from gemel_graphql.schema.groups import groups
from gemel_graphql.schema.meaning import (
    ColumnOf,
    MeasureOf,
    Part,
    RelatedAggregate,
    RelatedRows,
    meant,
)
from gemel_graphql.schema.measures import measured
from gemel_graphql.schema.orders import order_by
from gemel_graphql.schema.served import ROW_MEASURES, Served
from gemel_graphql.schema.types import Types


def row(types: Types, served: Served) -> GraphQLObjectType:
    """Type of a table's rows."""
    description = served.table.comment or f'columns and relationships of "{served.name}"'
    return types.object(served.name, description, lambda: dict(_fields(types, served)), meant(served))


def rows(types: Types, served: Served) -> GraphQLNonNull[GraphQLList[GraphQLNonNull[GraphQLObjectType]]]:
    """A list of rows."""
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(row(types, served))))


def _fields(types: Types, served: Served) -> Iterator[tuple[str, GraphQLField]]:
    for column in served.columns:
        yield column.name, _column(types, column)
    if served.table.primary_key is not None:
        yield "_cursor", types.shared("cursor", _cursor)
    for relation in served.relations:
        other = types.served(relation.target)
        meaning = meant(RelatedRows(relation, other.table))
        if relation.to_many:
            arguments = list_arguments(types, other)
            yield (
                relation.name,
                GraphQLField(rows(types, other), arguments, description="An array relationship", extensions=meaning),
            )
            if other.table.aggregates:
                yield f"{relation.name}_aggregate", _related_aggregate(types, relation, other, arguments)
        else:
            one = row(types, other)
            type_: GraphQLOutputType = GraphQLNonNull(one) if relation.required and not other.table.filtered else one
            yield relation.name, GraphQLField(type_, description="An object relationship", extensions=meaning)


def _related_aggregate(
    types: Types, relation: Relation, other: Served, arguments: dict[str, GraphQLArgument]
) -> GraphQLField:
    return GraphQLField(
        GraphQLNonNull(aggregate(types, other)),
        arguments,
        description="An aggregate relationship",
        extensions=meant(RelatedAggregate(relation, other.table)),
    )


def _column(types: Types, column: Column) -> GraphQLField:
    type_ = typed(types, column)
    arguments = None
    if column.type.is_document:
        arguments = {"path": GraphQLArgument(GraphQLString, description="JSON select path")}
    return GraphQLField(
        type_ if column.nullable else GraphQLNonNull(type_),
        arguments,
        description=column.comment,
        extensions=meant(types.given(column)),
    )


def _cursor() -> GraphQLField:
    text = "the row's place in its list, for the argument after"
    return GraphQLField(GraphQLString, description=text, extensions=meant(Part("cursor")))


def list_arguments(types: Types, served: Served) -> dict[str, GraphQLArgument]:
    """Arguments of everything that is made over a list of rows."""
    return {
        "after": GraphQLArgument(GraphQLString, description="only the rows behind the one with this _cursor"),
        "distinct_on": GraphQLArgument(
            GraphQLList(GraphQLNonNull(select_column(types, served))), description="distinct select on columns"
        ),
        "first": GraphQLArgument(GraphQLInt, description="as limit, for pages by cursor"),
        "limit": GraphQLArgument(GraphQLInt, description="limit the number of rows returned"),
        "offset": GraphQLArgument(GraphQLInt, description="skip the first n rows. Use only with order_by"),
        "order_by": GraphQLArgument(
            GraphQLList(GraphQLNonNull(order_by(types, served))), description="sort the rows by one or more columns"
        ),
        "where": GraphQLArgument(bool_exp(types, served), description="filter the rows returned"),
    }


def aggregate(types: Types, served: Served) -> GraphQLObjectType:
    """Type of what is made over rows."""

    def fields() -> dict[str, GraphQLField]:
        return {
            "aggregate": GraphQLField(aggregate_fields(types, served), extensions=meant(Part("aggregate"))),
            "groups": groups(types, served, aggregate_fields(types, served)),
            "nodes": GraphQLField(rows(types, served), extensions=meant(Part("nodes"))),
        }

    return types.object(f"{served.name}_aggregate", f'aggregated selection of "{served.name}"', fields)


def aggregate_fields(types: Types, served: Served) -> GraphQLObjectType:
    """Type of what is computed over rows."""
    name = f"{served.name}_aggregate_fields"
    return types.object(name, f'aggregate fields of "{served.name}"', lambda: dict(_measures(types, served)))


def _measures(types: Types, served: Served) -> Iterator[tuple[str, GraphQLField]]:
    count = {
        "columns": GraphQLArgument(GraphQLList(GraphQLNonNull(select_column(types, served)))),
        "distinct": GraphQLArgument(GraphQLBoolean),
    }
    yield "count", GraphQLField(GraphQLNonNull(GraphQLInt), count, extensions=meant(Part("count")))
    for name in ROW_MEASURES:
        columns = measured(name, served.columns)
        if columns:
            yield name, GraphQLField(_measure(types, served, name, columns), extensions=meant(MeasureOf(name)))


def _measure(types: Types, served: Served, name: MeasureName, columns: Sequence[Column]) -> GraphQLObjectType:
    def fields() -> dict[str, GraphQLField]:
        return {column.name: _measured(types, column, name in ("sum", "min", "max")) for column in columns}

    return types.object(f"{served.name}_{name}_fields", f"aggregate {name} on columns", fields)


def _measured(types: Types, column: Column, keeps: bool) -> GraphQLField:
    """:param keeps: the measure has the column's type; others are fractions whatever they are made of."""
    made: GraphQLField = types.shared(
        ("measure", column, keeps),
        lambda: GraphQLField(
            types.typed(column.type) if keeps else GraphQLFloat,
            description=column.comment,
            extensions=meant(types.given(column) if keeps else ColumnOf(column)),
        ),
    )
    return made
