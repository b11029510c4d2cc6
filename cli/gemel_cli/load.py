"""Put the rows of one file into its table: COPY on PostgreSQL, batches of INSERT on SQLite."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from psycopg import Error, sql
from sqlalchemy import Column, Connection, insert
from sqlalchemy.exc import DBAPIError

from gemel_cli.convert import converter
from gemel_cli.data_file import DataFile, Row, rows
from gemel_cli.records import SeedError
from gemel_migrator.connect import explain

BATCH = 1000
COPY_LINE = re.compile(r"COPY .*?, line (\d+)(?:, column (\w+))?")

Progress = Callable[[str, int, int], None]
"""Called with the name of the table, the lines of its file that were read, and the lines that it has."""


def load(connection: Connection, file: DataFile, progress: Progress) -> int:
    """Load the file within the connection's transaction.

    :returns: the number of rows.
    :raises SeedError: the file is wrong, or the database refuses a row.
    """
    fill = _copy if connection.dialect.name == "postgresql" else _insert
    count = fill(connection, file, progress)
    progress(file.table.fullname, file.lines, file.lines)
    return count


def _copy(connection: Connection, file: DataFile, progress: Progress) -> int:
    driver: Any = connection.connection.driver_connection
    processors = [_processor(column, connection) for column in file.columns]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*filter(None, (file.table.schema, file.table.name))),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in file.columns),
    )
    lines: list[int] = []
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows(file, exact_decimals=True):
                lines.append(row.line)
                copy.write_row([process(value) for process, value in zip(processors, row.values, strict=True)])
                if len(lines) % BATCH == 0:
                    progress(file.table.fullname, row.line, file.lines)
    except Error as error:
        raise SeedError(_copy_message(file, lines, error)) from error
    return len(lines)


def _processor(column: Column[Any], connection: Connection) -> Callable[[object], object]:
    if converter(column, exact_decimals=True) is None:
        return lambda text: text  # COPY reads the text form of any type
    return column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect) or (lambda value: value)


def _copy_message(file: DataFile, lines: list[int], error: Error) -> str:
    found = COPY_LINE.search(error.diag.context or "")
    where = str(file.path)
    if found and int(found[1]) <= len(lines):
        where += f" line {lines[int(found[1]) - 1]}" + (f" column {found[2]}" if found[2] else "")
    said = error.diag.message_primary or str(error)
    return f"{where}: {said}" + (f" ({error.diag.message_detail})" if error.diag.message_detail else "")


def _insert(connection: Connection, file: DataFile, progress: Progress) -> int:
    names = [column.key for column in file.columns]
    statement = insert(file.table)
    source = rows(file, exact_decimals=False)
    count = 0
    for batch in _batches(source):
        values = [dict(zip(names, row.values, strict=True)) for row in batch]
        try:
            with connection.begin_nested():
                connection.execute(statement, values)
        except DBAPIError as error:
            raise _located(connection, file, batch, values, error) from error
        count += len(batch)
        progress(file.table.fullname, batch[-1].line, file.lines)
    return count


def _located(
    connection: Connection, file: DataFile, batch: list[Row], values: list[dict[str, object]], error: DBAPIError
) -> SeedError:
    """SQLite does not say which row of a batch it refused, so it is asked again, row by row."""
    for row, value in zip(batch, values, strict=True):
        try:
            connection.execute(insert(file.table), value)
        except DBAPIError as refusal:
            return SeedError(f"{file.path} line {row.line}: {explain(refusal)}")
    return SeedError(f"{file.path}: {explain(error)}")


def _batches(source: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(source, BATCH)):
        yield batch
