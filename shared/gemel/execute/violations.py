"""Constraint violations of SQLite in the words of PostgreSQL (``docs/dialects/rest.md`` section 22)."""

import re
from collections.abc import Iterator, Mapping, Sequence

from gemel.catalog import Catalog, ForeignKey, Table
from gemel.errors import DatabaseError
from gemel.execute.database import Script
from gemel.sql import Backend, DeleteSteps, UpdateSteps

LOOKED_AT = 1000
"""Rows of a refused delete that are looked at for the one that is still referenced."""
COLUMNS = re.compile(r"(\w+)\.(\w+)")


def unique_violation(catalog: Catalog, text: str) -> DatabaseError:
    """From ``UNIQUE constraint failed: album.id, album.title``."""
    found = COLUMNS.findall(text)
    names = tuple(column for _, column in found)
    table = _by_name(catalog, found[0][0]) if found else None
    key = next((key for key in table.keys if set(key.columns) == set(names)), None) if table else None
    constraint = key.name if key else "_".join([*(table.name for table in [table] if table), *names, "key"])
    details = f"Key ({', '.join(key.columns if key else names)}) already exists."
    message = f'duplicate key value violates unique constraint "{constraint}"'
    return DatabaseError("23505", message, details, constraint=constraint, table=table.name if table else None)


def explain_unique(table: Table, given: Mapping[str, object], error: DatabaseError) -> None:
    """Say the values in the details of a unique violation, if the row gives them all."""
    key = next((key for key in table.keys if key.name == error.constraint), None)
    if key is None or "=" in (error.details or ""):
        return
    if set(key.columns) <= set(given):
        shown = ", ".join(str(given[name]) for name in key.columns)
        error.details = f"Key ({', '.join(key.columns)})=({shown}) already exists."


def not_null_violation(text: str) -> DatabaseError:
    """From ``NOT NULL constraint failed: album.title``."""
    table, column = (COLUMNS.findall(text) or [("", text)])[0]
    message = f'null value in column "{column}" of relation "{table}" violates not-null constraint'
    return DatabaseError("23502", message, table=table)


def check_violation(text: str) -> DatabaseError:
    """From ``CHECK constraint failed: name``."""
    name = text.partition(": ")[2]
    return DatabaseError("23514", f'new row violates check constraint "{name}"', constraint=name)


def _by_name(catalog: Catalog, name: str) -> Table | None:
    return next((table for table in catalog.tables.values() if table.name == name), None)


def explain_foreign_key(
    catalog: Catalog,
    backend: Backend,
    step: UpdateSteps | DeleteSteps,
    given: Mapping[str, object] | None,
    values: Sequence[object],
    error: DatabaseError,
) -> Script[DatabaseError]:
    """Which foreign key a refused update or delete would have broken; the error as it was if that is not found out."""
    if given is not None:
        missing = yield from explain_missing(catalog, backend, step.table, given)
        if missing is not None:
            return missing
    return (yield from _referenced(catalog, backend, step, values)) or error


def explain_missing(
    catalog: Catalog, backend: Backend, table: Table, given: Mapping[str, object]
) -> Script[DatabaseError | None]:
    """Which foreign key of a row has no row that it refers to."""
    quote = backend.dialect.identifier_preparer.quote
    for key in table.foreign_keys:
        wanted = [given.get(near) for near, _ in key.pairs]
        if any(value is None for value in wanted) or key.target not in catalog.tables:
            continue
        tests = " AND ".join(f"{quote(far)} = ?" for _, far in key.pairs)
        text = f"SELECT 1 FROM {quote(key.target[1])} WHERE {tests}"  # noqa: S608 - names of the catalog
        if not (yield (text, [str(value) if isinstance(value, list | dict) else value for value in wanted])):
            return _insert_error(table, key, wanted)
    return None


def _insert_error(table: Table, key: ForeignKey, wanted: Sequence[object]) -> DatabaseError:
    columns = ", ".join(near for near, _ in key.pairs)
    shown = ", ".join(str(value) for value in wanted)
    return DatabaseError(
        "23503",
        f'insert or update on table "{table.name}" violates foreign key constraint "{key.name}"',
        f'Key ({columns})=({shown}) is not present in table "{key.target[1]}".',
        constraint=key.name,
        table=table.name,
    )


def _referenced(
    catalog: Catalog, backend: Backend, step: UpdateSteps | DeleteSteps, values: Sequence[object]
) -> Script[DatabaseError | None]:
    rows = yield (step.find.text, step.find.bind(values))
    quote = backend.dialect.identifier_preparer.quote
    names = step.table.primary_key.columns if step.table.primary_key else ()
    for other, key in _references(catalog, step.table):
        if not {far for _, far in key.pairs} <= set(names):
            continue
        tests = " AND ".join(f"{quote(near)} = ?" for near, _ in key.pairs)
        text = f"SELECT 1 FROM {quote(other.name)} WHERE {tests}"  # noqa: S608 - names of the catalog
        for row in rows[:LOOKED_AT]:
            wanted = [row[names.index(far)] for _, far in key.pairs]
            if (yield (text, wanted)):
                return _delete_error(step.table, other, key, wanted)
    return None


def _delete_error(table: Table, other: Table, key: ForeignKey, wanted: Sequence[object]) -> DatabaseError:
    columns, shown = ", ".join(far for _, far in key.pairs), ", ".join(str(value) for value in wanted)
    return DatabaseError(
        "23503",
        f'update or delete on table "{table.name}" violates foreign key constraint "{key.name}"'
        f' on table "{other.name}"',
        f'Key ({columns})=({shown}) is still referenced from table "{other.name}".',
        constraint=key.name,
        table=other.name,
    )


def _references(catalog: Catalog, table: Table) -> Iterator[tuple[Table, ForeignKey]]:
    for other in catalog.tables.values():
        for key in other.foreign_keys:
            if key.target == table.key:
                yield other, key
