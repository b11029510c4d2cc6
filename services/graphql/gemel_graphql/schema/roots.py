"""Root fields (``docs/dialects/graphql.md`` sections 3 and 9)."""

from collections.abc import Iterator

from graphql import GraphQLArgument, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLOutputType, GraphQLString

from gemel_graphql.schema.enums import typed
from gemel_graphql.schema.filters import bool_exp
from gemel_graphql.schema.inputs import key_columns, mutation_response, pk_columns_input
from gemel_graphql.schema.inserts import conflict_keys, insert_input, on_conflict
from gemel_graphql.schema.meaning import (
    AggregateField,
    ByKeyField,
    MutationVerb,
    NoQueries,
    RowsField,
    WriteField,
    meant,
)
from gemel_graphql.schema.nested import changes, updates_input
from gemel_graphql.schema.rows import aggregate, list_arguments, row, rows
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types

Named = Iterator[tuple[str, GraphQLField]]


def no_queries() -> dict[str, GraphQLField]:
    """Query root of a role that may read nothing."""
    text = "There are no queries available to the current role."
    field = GraphQLField(GraphQLNonNull(GraphQLString), description=text, extensions=meant(NoQueries()))
    return {"no_queries_available": field}


def query_fields(types: Types, served: Served) -> Named:
    """Fields that read a table."""
    if not served.may("select"):
        return
    name, arguments = served.name, list_arguments(types, served)
    yield (
        name,
        GraphQLField(
            rows(types, served),
            arguments,
            description=f'fetch data from the table: "{name}"',
            extensions=meant(RowsField(served.table)),
        ),
    )
    if served.table.aggregates:
        yield (
            f"{name}_aggregate",
            GraphQLField(
                GraphQLNonNull(aggregate(types, served)),
                arguments,
                description=f'fetch aggregated fields from the table: "{name}"',
                extensions=meant(AggregateField(served.table)),
            ),
        )
    if key_columns(served):
        yield (
            f"{name}_by_pk",
            GraphQLField(
                row(types, served),
                key_arguments(types, served),
                description=f'fetch data from the table: "{name}" using primary key columns',
                extensions=meant(ByKeyField(served.table)),
            ),
        )


def key_arguments(types: Types, served: Served) -> dict[str, GraphQLArgument]:
    """The columns of the primary key as arguments."""
    return {
        column.name: GraphQLArgument(GraphQLNonNull(typed(types, column)), description=column.comment)
        for column in key_columns(served)
    }


def mutation_fields(types: Types, served: Served) -> Named:
    """Fields that write a table. A table without a primary key is not written: its rows could not be told apart."""
    if served.may("insert"):
        yield from _inserts(types, served)
    if served.may("update"):
        yield from _updates(types, served)
    if served.may("delete"):
        yield from _deletes(types, served)


def _inserts(types: Types, served: Served) -> Named:
    row_input = GraphQLNonNull(insert_input(types, served))
    conflict = (
        {"on_conflict": _argument(on_conflict(types, served), "upsert condition")} if conflict_keys(served) else {}
    )
    yield _field(
        served,
        "insert",
        mutation_response(types, served),
        {"objects": _argument(GraphQLNonNull(GraphQLList(row_input)), "the rows to be inserted"), **conflict},
        f'insert data into the table: "{served.name}"',
    )
    if served.may("select"):
        yield _field(
            served,
            "insert_one",
            row(types, served),
            {"object": _argument(row_input, "the row to be inserted"), **conflict},
            f'insert a single row into the table: "{served.name}"',
        )


def _updates(types: Types, served: Served) -> Named:
    operators = {name: _argument(type_, text) for name, (type_, text) in changes(types, served).items()}
    yield _field(
        served,
        "update",
        mutation_response(types, served),
        {**operators, "where": _argument(GraphQLNonNull(bool_exp(types, served)), "filter the rows to be updated")},
        f'update data of the table: "{served.name}"',
    )
    if key_columns(served):
        yield _field(
            served,
            "update_by_pk",
            row(types, served),
            {**operators, "pk_columns": GraphQLArgument(GraphQLNonNull(pk_columns_input(types, served)))},
            f'update single row of the table: "{served.name}"',
        )
    updates = GraphQLNonNull(GraphQLList(GraphQLNonNull(updates_input(types, served))))
    yield _field(
        served,
        "update_many",
        GraphQLList(mutation_response(types, served)),
        {"updates": _argument(updates, "updates to execute, in order")},
        f'update multiples rows of table: "{served.name}"',
    )


def _deletes(types: Types, served: Served) -> Named:
    yield _field(
        served,
        "delete",
        mutation_response(types, served),
        {"where": _argument(GraphQLNonNull(bool_exp(types, served)), "filter the rows to be deleted")},
        f'delete data from the table: "{served.name}"',
    )
    if key_columns(served):
        yield _field(
            served,
            "delete_by_pk",
            row(types, served),
            key_arguments(types, served),
            f'delete single row from the table: "{served.name}"',
        )


def _argument(type_: object, description: str) -> GraphQLArgument:
    return GraphQLArgument(type_, description=description)  # type: ignore[arg-type]


def _field(
    served: Served,
    verb: MutationVerb,
    type_: GraphQLOutputType,
    arguments: dict[str, GraphQLArgument],
    description: str,
) -> tuple[str, GraphQLField]:
    action, _, rest = verb.partition("_")
    name = f"{action}_{served.name}" + (f"_{rest}" if rest else "")
    field = GraphQLField(type_, arguments, description=description, extensions=meant(WriteField(served.table, verb)))
    return name, field
