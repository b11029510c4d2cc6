"""Primary keys, unique constraints and foreign keys of a table, all with names.

A constraint without a name gets the one that PostgreSQL would give it (``docs/dialects/graphql.md`` section 9.2).
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from gemel.catalog.model import DEFAULT_SCHEMA, ForeignKey, Key, TableKey
from gemel.errors import AppError


def table_key(source: sa.FromClause, default_schema: str | None = None) -> TableKey:
    """Schema and name under which a table is served.

    :raises AppError: a select without a name.
    """
    schema = getattr(source, "schema", None)
    name = getattr(source, "name", None)
    if not isinstance(name, str):
        raise AppError(f"a class is mapped to a select without a name: give it one by .subquery('name'): {source}")
    return (DEFAULT_SCHEMA if schema in (None, default_schema) else str(schema), name)


def primary_key(mapper: Mapper[object]) -> Key | None:
    """Primary key of the table; of a view the one that its mapper declares."""
    source = mapper.local_table
    own = source.primary_key if isinstance(source, sa.Table) and source.primary_key.columns else None
    columns: Iterable[sa.ColumnElement[object]] = own.columns if own is not None else mapper.primary_key
    names = tuple(column.name for column in columns)
    return Key(_name(own) or f"{table_key(source)[1]}_pkey", names)


def unique_keys(source: sa.FromClause) -> tuple[Key, ...]:
    """Unique constraints, by name."""
    if not isinstance(source, sa.Table):
        return ()
    found = (item for item in source.constraints if isinstance(item, sa.UniqueConstraint))
    keys = (Key(_name(item) or _default(source, item, "key"), tuple(c.name for c in item.columns)) for item in found)
    return tuple(sorted(keys, key=lambda key: key.name))


def foreign_keys(source: sa.FromClause, default_schema: str | None = None) -> tuple[ForeignKey, ...]:
    """Foreign key constraints, by name."""
    if not isinstance(source, sa.Table):
        return ()
    keys = (
        ForeignKey(
            _name(item) or _default(source, item, "fkey"),
            tuple((element.parent.name, element.column.name) for element in item.elements),
            table_key(item.referred_table, default_schema),
        )
        for item in source.foreign_key_constraints
    )
    return tuple(sorted(keys, key=lambda key: key.name))


def _name(constraint: sa.Constraint | None) -> str | None:
    return str(constraint.name) if constraint is not None and isinstance(constraint.name, str) else None


def _default(source: sa.Table, constraint: sa.schema.ColumnCollectionConstraint, suffix: str) -> str:
    return f"{source.name}_{'_'.join(column.name for column in constraint.columns)}_{suffix}"
