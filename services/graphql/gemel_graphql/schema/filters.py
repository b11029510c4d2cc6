"""Filters: ``<t>_bool_exp`` (``docs/dialects/graphql.md`` section 5)."""

from collections.abc import Iterator

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLList, GraphQLNonNull

from gemel_graphql.schema.enums import compared
from gemel_graphql.schema.meaning import ColumnOf, Junctor, RelatedAggregate, RelatedRows, meant
from gemel_graphql.schema.predicates import aggregate_bool_exp
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types


def bool_exp(types: Types, served: Served) -> GraphQLInputObjectType:
    """Filter of a table."""
    description = (
        f'Boolean expression to filter rows from the table "{served.name}". '
        "All fields are combined with a logical 'AND'."
    )
    return types.input(f"{served.name}_bool_exp", description, lambda: dict(_conditions(types, served)))


def _conditions(types: Types, served: Served) -> Iterator[tuple[str, GraphQLInputField]]:
    own = bool_exp(types, served)
    several = GraphQLList(GraphQLNonNull(own))
    yield "_and", GraphQLInputField(several, extensions=meant(Junctor("and")))
    yield "_not", GraphQLInputField(own, extensions=meant(Junctor("not")))
    yield "_or", GraphQLInputField(several, extensions=meant(Junctor("or")))
    for column in served.columns:
        yield column.name, GraphQLInputField(compared(types, column), extensions=meant(ColumnOf(column)))
    for relation in served.relations:
        other = types.served(relation.target)
        meaning = meant(RelatedRows(relation, other.table))
        yield relation.name, GraphQLInputField(bool_exp(types, other), extensions=meaning)
        if relation.to_many and other.table.aggregates:
            predicate = aggregate_bool_exp(types, other, bool_exp(types, other))
            meaning = meant(RelatedAggregate(relation, other.table))
            yield f"{relation.name}_aggregate", GraphQLInputField(predicate, extensions=meaning)
