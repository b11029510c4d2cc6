"""A CSV file of the app's ``data`` folder, matched with its table and checked."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table

from gemel.app import App
from gemel_cli.convert import Convert, converter
from gemel_cli.records import Record, SeedError, records


@dataclass(frozen=True)
class DataFile:
    """A file whose header names columns of its table."""

    path: Path
    table: Table
    columns: tuple[Column[Any], ...]
    """In the order of the file's fields."""
    lines: int
    """Number of lines, for showing progress."""


@dataclass(frozen=True)
class Row:
    """One record as values."""

    line: int
    values: tuple[object, ...]
    """In the order of the file's columns."""


def data_files(app: App) -> tuple[DataFile, ...]:
    """The files of the app, parents before children; ``<table>.csv``, or ``<schema>.<table>.csv``.

    :raises SeedError: there are none, one belongs to no table, or its header does not fit.
    """
    paths = {path.stem: path for path in sorted(app.data.glob("*.csv"))}
    if not paths:
        raise SeedError(f"{app.data}: there are no CSV files to load")
    tables = {table.fullname: table for item in app.metadata for table in item.sorted_tables}
    for name, path in paths.items():
        if name not in tables:
            raise SeedError(f"{path}: {app.name} has no table {name!r}{_near(name, tables)}")
    return tuple(_open(paths[name], table) for name, table in tables.items() if name in paths)


def rows(file: DataFile, *, exact_decimals: bool) -> Iterator[Row]:
    """The records of the file as values of the columns' Python types.

    :param exact_decimals: whether the database holds a decimal of any length.
    :raises SeedError: a record has too few or too many fields, or a field is no value of its column.
    """
    converters = [converter(column, exact_decimals=exact_decimals) or str for column in file.columns]
    source = records(file.path)
    next(source)
    for record in source:
        if len(record.fields) != len(file.columns):
            raise SeedError(
                f"{file.path} line {record.line}: has {len(record.fields)} fields, the header has {len(file.columns)}"
            )
        yield Row(record.line, tuple(_values(file, record, converters)))


def _values(file: DataFile, record: Record, converters: list[Convert]) -> Iterator[object]:
    for text, column, convert in zip(record.fields, file.columns, converters, strict=True):
        where = f"{file.path} line {record.line} column {column.name}"
        if text is None:
            if not column.nullable:
                raise SeedError(f"{where}: is empty, and the column takes no null")
            yield None
            continue
        try:
            yield convert(text)
        except ValueError as error:
            raise SeedError(f"{where}: {text[:80]!r} does not fit {column.type}: {error}") from error


def _open(path: Path, table: Table) -> DataFile:
    header = next(records(path), None)
    if header is None:
        raise SeedError(f"{path} line 1: is empty; the first line names the columns")
    by_name = {column.name: column for column in table.columns}
    names = [name or "" for name in header.fields]
    for name in names:
        if name not in by_name:
            raise SeedError(
                f"{path} line 1 column {name}: table {table.fullname!r} has no such column{_near(name, by_name)}"
            )
        if names.count(name) > 1:
            raise SeedError(f"{path} line 1 column {name}: is named twice")
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    return DataFile(path, table, tuple(by_name[name] for name in names), lines)


def _near(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
