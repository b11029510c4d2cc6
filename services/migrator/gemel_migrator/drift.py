"""Differences between a database and the models."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Constraint, ForeignKeyConstraint, Index, Table
from sqlalchemy.exc import DBAPIError

from gemel.app import App
from gemel.settings import Settings
from gemel_migrator.connect import describe, explain, make_engine
from gemel_migrator.errors import MigrationError
from gemel_migrator.history import app_history

MISSING, SURPLUS = "is missing in the database", "is in the database, not in the models"
SAID: Mapping[str, str] = MappingProxyType(
    {
        "add_table": MISSING,
        "add_column": MISSING,
        "add_index": MISSING,
        "add_constraint": MISSING,
        "add_fk": MISSING,
        "remove_table": SURPLUS,
        "remove_column": SURPLUS,
        "remove_index": SURPLUS,
        "remove_constraint": SURPLUS,
        "remove_fk": SURPLUS,
    }
)


def drift(settings: Settings, app: App) -> list[str]:
    """What a revision would have to change, a line for each. Gemel's own tables are not looked at.

    :raises MigrationError: the database cannot be reached.
    """
    history = app_history(app)
    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=history.options())
            metadata: Any = list(history.metadata)
            found = compare_metadata(context, metadata)
    except DBAPIError as error:
        raise MigrationError(f"{describe(settings)}: {explain(error)}") from error
    finally:
        engine.dispose()
    return [line for item in found for line in _lines(item)]


def _lines(item: Any) -> list[str]:
    """One difference as Alembic gives it: a tuple, or a list of those that concern one column."""
    if isinstance(item, list):
        return [_altered(*difference) for difference in item]
    verb, *facts = item
    if verb.endswith("_column"):
        schema, table, column = facts
        return [f"column {_dotted(schema, table, column.name)} {SAID[verb]}"]
    return [f"{_name(facts[0])} {SAID.get(verb, verb)}"]


def _altered(
    verb: str, schema: str | None, table: str, column: str, _: object, existing: object, wanted: object
) -> str:
    fact = verb.removeprefix("modify_")
    return f"column {_dotted(schema, table, column)} has {fact} {existing} in the database, {wanted} in the models"


def _name(thing: object) -> str:
    match thing:
        case Table():
            return f"table {thing.fullname}"
        case Index():
            return f"index {thing.name} of table {thing.table.fullname if thing.table is not None else '?'}"
        case ForeignKeyConstraint():
            return f"foreign key {thing.name or ''} ({_columns(thing)}) of table {thing.table.fullname}"
        case Constraint():
            columns = f" ({_columns(thing)})" if hasattr(thing, "columns") else ""
            return f"constraint {thing.name or ''}{columns} of table {thing.table.fullname}"
        case _:
            return str(thing)


def _columns(constraint: Any) -> str:
    columns: list[Column[Any]] = list(constraint.columns)
    return ", ".join(column.name for column in columns)


def _dotted(schema: str | None, *names: str) -> str:
    return ".".join(filter(None, (schema, *names)))
