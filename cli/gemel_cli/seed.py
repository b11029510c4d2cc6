"""Load an app's CSV files into its tables: all of them or nothing."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection, ForeignKeyConstraint, Table, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from gemel.app import App
from gemel.settings import Settings
from gemel_cli.data_file import DataFile, data_files
from gemel_cli.load import Progress, load
from gemel_cli.records import SeedError
from gemel_migrator.connect import describe, explain, make_engine

__all__ = ["Progress", "SeedError", "seed"]


def seed(
    settings: Settings, app: App, *, force: bool = False, progress: Progress = lambda table, line, lines: None
) -> Mapping[str, int]:
    """Load ``app.data/*.csv`` in the order of their foreign keys, in one transaction.

    Afterwards the sequences of generated keys stand past the data.

    :param force: delete the rows of these tables first; otherwise a table that holds rows is refused.
    :returns: the number of rows of each table.
    :raises SeedError: a file is wrong (file, line, column), a table is missing or not empty, or the database refuses.
    """
    files = data_files(app)
    engine = make_engine(settings)
    try:
        with engine.begin() as connection:
            _refuse_missing(connection, files, settings)
            _empty(connection, files, force=force)
            _refuse_orphans(connection, app, files)
            counts = {file.table.fullname: load(connection, file, progress) for file in files}
            _check_references(connection)
            for file in files:
                _set_sequences(connection, file.table)
    except DBAPIError as error:
        raise SeedError(f"{describe(settings)}: {explain(error)}; nothing was loaded") from error
    finally:
        engine.dispose()
    return MappingProxyType(counts)


def _refuse_missing(connection: Connection, files: Sequence[DataFile], settings: Settings) -> None:
    inspector = inspect(connection)
    for file in files:
        if not inspector.has_table(file.table.name, schema=file.table.schema):
            raise SeedError(f"{describe(settings)} has no table {file.table.fullname!r}: run `migrate` first")


def _empty(connection: Connection, files: Sequence[DataFile], *, force: bool) -> None:
    full = [file.table for file in files if _has_rows(connection, file.table)]
    if full and not force:
        names = ", ".join(table.fullname for table in full)
        raise SeedError(f"not empty: {names}. To delete the rows of all tables that have a file, run `seed --force`")
    for table in reversed(full):
        connection.execute(table.delete())


def _refuse_orphans(connection: Connection, app: App, files: Sequence[DataFile]) -> None:
    """A table whose rows all need a parent cannot be loaded where there are no parents."""
    given = {file.table for file in files}
    for file in files:
        for key in file.table.foreign_key_constraints:
            parent = key.referred_table
            if parent not in given and not _nullable(key) and not _has_rows(connection, parent):
                raise SeedError(
                    f"{app.data / parent.fullname}.csv: there is no such file, table {parent.fullname!r} is empty,"
                    f" and every row of {file.path.name} refers to it"
                )


def _nullable(key: ForeignKeyConstraint) -> bool:
    return any(column.nullable for column in key.columns)


def _has_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(1).select_from(table).limit(1)).first() is not None


def _check_references(connection: Connection) -> None:
    """SQLite checks references only where a connection asks for it; PostgreSQL has done so."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise SeedError(f"{broken[0]}: row {broken[1]} refers to a row of {broken[2]!r} that is not there")


def _set_sequences(connection: Connection, table: Table) -> None:
    """SQLite needs nothing: it continues after the greatest key."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    quoted = connection.dialect.identifier_preparer.format_table(table)
    sequence = connection.execute(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": quoted, "column": column.name}
    ).scalar_one()
    if sequence is not None:
        last = connection.execute(select(func.max(column))).scalar_one()
        connection.execute(
            text("SELECT setval(:sequence, :value, :called)"),
            {"sequence": sequence, "value": max(last or 1, 1), "called": last is not None and last >= 1},
        )
