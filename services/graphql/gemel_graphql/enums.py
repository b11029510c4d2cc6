"""Read the rows of the enum tables (``docs/dialects/graphql.md`` section 15)."""

from collections.abc import Iterator, Mapping

import orjson

from gemel.auth.actor import ADMIN
from gemel.catalog import Table, TableKey
from gemel.request import ColumnField, ColumnRef, Query, Root, Rows, Select, Source
from gemel.serve import Engine


def enum_tables(engine: Engine) -> tuple[Table, ...]:
    """Tables whose rows are values of an enum."""
    return tuple(table for table in engine.catalog.tables.values() if table.enum)


async def read_enums(engine: Engine) -> Mapping[TableKey, Mapping[str, str | None]]:
    """Descriptions by value, by table. They are part of the schema, whoever may see the table itself.

    :raises DatabaseError: the database cannot be reached, or has no such table yet.
    """
    tables = enum_tables(engine)
    prepared = engine.prepare(ADMIN, Query(tuple(map(_root, tables))))
    answers = await engine.read(prepared, ())
    return {table.key: dict(_rows(answer.body)) for table, answer in zip(tables, answers, strict=True)}


def _root(table: Table) -> Root:
    """The key first, then the description if there is one."""
    assert table.primary_key is not None  # noqa: S101 - of an enum table the catalog has made sure of it
    [key] = table.primary_key.columns
    names = (key, *(column.name for column in table.stored if column.name != key))
    fields = tuple(ColumnField(str(number), ColumnRef(name)) for number, name in enumerate(names))
    return Root(table.name, Source(table.schema, table.name), Select(fields, Rows()))


def _rows(body: str) -> Iterator[tuple[str, str | None]]:
    for row in sorted(orjson.loads(body), key=lambda row: str(row["0"])):
        yield row["0"], row.get("1")
