"""Sorting: ``<t>_order_by`` and what belongs to it (``docs/dialects/graphql.md`` section 6)."""

from collections.abc import Iterator, Sequence

from graphql import GraphQLInputField, GraphQLInputObjectType

from gemel.catalog import Column
from gemel.request.read import MeasureName
from gemel_graphql.schema.meaning import ColumnOf, MeasureOf, Part, RelatedAggregate, RelatedRows, meant
from gemel_graphql.schema.measures import measured
from gemel_graphql.schema.served import ROW_MEASURES, Served
from gemel_graphql.schema.types import Types


def order_by(types: Types, served: Served) -> GraphQLInputObjectType:
    """Sort keys of a table."""
    description = f'Ordering options when selecting data from "{served.name}".'
    return types.input(f"{served.name}_order_by", description, lambda: dict(_keys(types, served)))


def _keys(types: Types, served: Served) -> Iterator[tuple[str, GraphQLInputField]]:
    for column in served.columns:
        yield column.name, direction(types, column)
    for relation in served.relations:
        other = types.served(relation.target)
        if relation.to_many and not other.table.aggregates:
            continue
        if relation.to_many:
            meaning = meant(RelatedAggregate(relation, other.table))
            yield (
                f"{relation.name}_aggregate",
                GraphQLInputField(aggregate_order_by(types, other), extensions=meaning),
            )
        else:
            meaning = meant(RelatedRows(relation, other.table))
            yield relation.name, GraphQLInputField(order_by(types, other), extensions=meaning)


def aggregate_order_by(types: Types, served: Served) -> GraphQLInputObjectType:
    """Sort keys computed over related rows."""
    description = f'order by aggregate values of table "{served.name}"'
    return types.input(f"{served.name}_aggregate_order_by", description, lambda: dict(_measures(types, served)))


def _measures(types: Types, served: Served) -> Iterator[tuple[str, GraphQLInputField]]:
    yield "count", GraphQLInputField(types.order_by(), extensions=meant(Part("count")))
    for name in ROW_MEASURES:
        columns = measured(name, served.columns)
        if columns:
            inner = _measure_order_by(types, served, name, columns)
            yield name, GraphQLInputField(inner, extensions=meant(MeasureOf(name)))


def _measure_order_by(
    types: Types, served: Served, name: MeasureName, columns: Sequence[Column]
) -> GraphQLInputObjectType:
    def fields() -> dict[str, GraphQLInputField]:
        return {column.name: direction(types, column) for column in columns}

    return types.input(
        f"{served.name}_{name}_order_by", f'order by {name}() on columns of table "{served.name}"', fields
    )


def direction(types: Types, column: Column) -> GraphQLInputField:
    """A column as a sort key."""
    made: GraphQLInputField = types.shared(
        ("order", column), lambda: GraphQLInputField(types.order_by(), extensions=meant(ColumnOf(column)))
    )
    return made
