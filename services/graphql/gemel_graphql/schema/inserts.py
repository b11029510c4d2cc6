"""Rows to be inserted, nested ones, and upserts (``docs/dialects/graphql.md`` section 9.2)."""

from graphql import (
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
)

from gemel.catalog import Key, Relation, Verb
from gemel_graphql.schema.columns import column_enum
from gemel_graphql.schema.filters import bool_exp
from gemel_graphql.schema.inputs import column_input
from gemel_graphql.schema.meaning import Part, RelatedRows, RowInput, meant
from gemel_graphql.schema.served import NAME, Served
from gemel_graphql.schema.types import Types


def insert_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """A row to be inserted, and those related to it."""

    def fields() -> dict[str, GraphQLInputField]:
        own = {column.name: column_input(types, column) for column in served.insertable}
        related = {relation.name: _related(types, relation) for relation in along(types, served, "insert")}
        return {**own, **related}

    name = f"{served.name}_insert_input"
    return types.input(name, f'input type for inserting data into table "{served.name}"', fields, meant(RowInput()))


def along(types: Types, served: Served, *verbs: Verb) -> tuple[Relation, ...]:
    """Relations along which rows can be inserted or changed: those by a foreign key alone.

    :param verbs: of which one may be done to related rows.
    """
    return tuple(
        relation
        for relation in served.relations
        if relation.pairs
        and relation.junction is None
        and relation.condition is None
        and any(map(types.served(relation.target).may, verbs))
    )


def _related(types: Types, relation: Relation) -> GraphQLInputField:
    table = types.served(relation.target).table
    return GraphQLInputField(rows_input(types, relation), extensions=meant(RelatedRows(relation, table)))


def rows_input(types: Types, relation: Relation) -> GraphQLInputObjectType:
    """Related rows to be inserted."""
    served = types.served(relation.target)
    kind = "arr" if relation.to_many else "obj"

    def fields() -> dict[str, GraphQLInputField]:
        row = GraphQLNonNull(insert_input(types, served))
        data: GraphQLInputType = GraphQLNonNull(GraphQLList(row)) if relation.to_many else row
        members = {"data": GraphQLInputField(data, extensions=meant(Part("data")))}
        if conflict_keys(served):
            text = "upsert condition"
            resolved = on_conflict(types, served)
            members["on_conflict"] = GraphQLInputField(
                resolved, description=text, extensions=meant(Part("on_conflict"))
            )
        return members

    name = f"{served.name}_{kind}_rel_insert_input"
    word = "array" if relation.to_many else "object"
    text = f'input type for inserting {word} relation for remote table "{served.name}"'
    return types.input(name, text, fields)


def conflict_keys(served: Served) -> tuple[Key, ...]:
    """Unique keys that an upsert can name."""
    return tuple(key for key in served.table.constraints if NAME.fullmatch(key.name))


def on_conflict(types: Types, served: Served) -> GraphQLInputObjectType:
    """What is done with rows that are there already."""
    constraints = {
        key.name: GraphQLEnumValue(key.name, f"unique or primary key constraint on columns {_quoted(key)}")
        for key in conflict_keys(served)
    }

    def fields() -> dict[str, GraphQLInputField]:
        text = f'unique or primary key constraints on table "{served.name}"'
        constraint = types.enum(f"{served.name}_constraint", text, constraints)
        text = f'update columns of table "{served.name}"'
        columns = GraphQLNonNull(column_enum(types, f"{served.name}_update_column", text, served.updatable))
        update = GraphQLNonNull(GraphQLList(columns))
        return {
            "constraint": GraphQLInputField(GraphQLNonNull(constraint), extensions=meant(Part("constraint"))),
            "update_columns": GraphQLInputField(update, default_value=[], extensions=meant(Part("update_columns"))),
            "where": GraphQLInputField(bool_exp(types, served), extensions=meant(Part("where"))),
        }

    return types.input(f"{served.name}_on_conflict", f'on_conflict condition type for table "{served.name}"', fields)


def _quoted(key: Key) -> str:
    return ", ".join(f'"{name}"' for name in key.columns)
