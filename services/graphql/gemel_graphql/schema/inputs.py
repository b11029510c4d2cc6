"""What is written: inputs and responses of mutations (``docs/dialects/graphql.md`` section 9)."""

from collections.abc import Iterable, Mapping
from typing import Final

from graphql import (
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from gemel.catalog import Column, Key, Kind, Relation
from gemel_graphql.schema.columns import column_enum
from gemel_graphql.schema.enums import typed
from gemel_graphql.schema.filters import bool_exp
from gemel_graphql.schema.meaning import ColumnOf, Part, RelatedRows, meant
from gemel_graphql.schema.rows import rows
from gemel_graphql.schema.served import NAME, Served
from gemel_graphql.schema.types import Types


def written(served: Served) -> tuple[Column, ...]:
    """Columns that a client may write."""
    return tuple(column for column in served.columns if not column.computed and not column.generated)


def increased(served: Served) -> tuple[Column, ...]:
    """Columns that a client may add to."""
    return tuple(column for column in written(served) if column.type.is_number)


def insert_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """A row to be inserted, and those related to it."""

    def fields() -> dict[str, GraphQLInputField]:
        own = {column.name: _input(types, column) for column in written(served)}
        related = {relation.name: _related(types, relation) for relation in insertable(types, served)}
        return {**own, **related}

    name = f"{served.name}_insert_input"
    return types.input(name, f'input type for inserting data into table "{served.name}"', fields)


def insertable(types: Types, served: Served) -> tuple[Relation, ...]:
    """Relations along which rows can be inserted: those by a foreign key alone."""
    return tuple(
        relation
        for relation in served.relations
        if relation.pairs
        and relation.junction is None
        and relation.condition is None
        and changeable(types.served(relation.target))
    )


def changeable(served: Served) -> bool:
    """Rows of the table can be inserted and updated. Without a primary key they could not be told apart."""
    return served.table.writable and bool(key_columns(served)) and bool(written(served))


def _related(types: Types, relation: Relation) -> GraphQLInputField:
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
    made = types.input(name, text, fields)
    return GraphQLInputField(made, extensions=meant(RelatedRows(relation, served.table)))


def conflict_keys(served: Served) -> tuple[Key, ...]:
    """Unique keys that an upsert can name."""
    return tuple(key for key in served.table.keys if NAME.fullmatch(key.name))


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
        columns = GraphQLNonNull(column_enum(types, f"{served.name}_update_column", text, written(served)))
        update = GraphQLNonNull(GraphQLList(columns))
        return {
            "constraint": GraphQLInputField(GraphQLNonNull(constraint), extensions=meant(Part("constraint"))),
            "update_columns": GraphQLInputField(update, default_value=[], extensions=meant(Part("update_columns"))),
            "where": GraphQLInputField(bool_exp(types, served), extensions=meant(Part("where"))),
        }

    return types.input(f"{served.name}_on_conflict", f'on_conflict condition type for table "{served.name}"', fields)


def _quoted(key: Key) -> str:
    return ", ".join(f'"{name}"' for name in key.columns)


def documents(served: Served) -> tuple[Column, ...]:
    """Documents that a client may change in part."""
    return tuple(one for one in written(served) if one.type.kind is Kind.JSONB and one.type.codec is None)


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


def updates_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """One of several updates."""

    def fields() -> dict[str, GraphQLInputField]:
        changes = {
            name: GraphQLInputField(type_, description=text, extensions=meant(Part(name)))
            for name, (type_, text) in update_operators(types, served).items()
        }
        where = GraphQLNonNull(bool_exp(types, served))
        text = "filter the rows which have to be updated"
        return {**changes, "where": GraphQLInputField(where, description=text, extensions=meant(Part("where")))}

    return types.input(f"{served.name}_updates", None, fields)


def update_operators(types: Types, served: Served) -> dict[str, tuple[GraphQLInputObjectType, str]]:
    """What an update can do, and its description."""
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
    return _row_input(types, name, f'input type for updating data in table "{served.name}"', written(served))


def inc_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """Amounts to add to columns."""
    description = f'input type for incrementing numeric columns in table "{served.name}"'
    return _row_input(types, f"{served.name}_inc_input", description, increased(served))


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
            "returning": GraphQLField(
                rows(types, served),
                description="data from the rows affected by the mutation",
                extensions=meant(Part("returning")),
            ),
        }

    name = f"{served.name}_mutation_response"
    return types.object(name, f'response of any mutation on the table "{served.name}"', fields)


def _row_input(types: Types, name: str, description: str, columns: Iterable[Column]) -> GraphQLInputObjectType:
    def fields() -> dict[str, GraphQLInputField]:
        return {column.name: _input(types, column) for column in columns}

    return types.input(name, description, fields)


def _input(types: Types, column: Column) -> GraphQLInputField:
    made: GraphQLInputField = types.shared(
        ("input", column),
        lambda: GraphQLInputField(typed(types, column), description=column.comment, extensions=meant(ColumnOf(column))),
    )
    return made
