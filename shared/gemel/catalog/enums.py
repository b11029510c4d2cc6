"""Tables whose rows are the values of an enum: ``__table_args__ = {"info": {"gemel_enum": True}}``.

Specified in ``docs/dialects/graphql.md`` section 15.
"""

import sqlalchemy as sa

from gemel.catalog.keys import table_key
from gemel.catalog.model import TableKey
from gemel.catalog.types import Kind, value_type
from gemel.errors import AppError

MARK = "gemel_enum"


def is_enum(source: sa.FromClause) -> bool:
    """Whether a table is marked as an enum.

    :raises AppError: it is, and has not the form of one.
    """
    if not isinstance(source, sa.Table) or not source.info.get(MARK):
        return False
    texts = all(value_type(column.type).kind is Kind.TEXT for column in source.columns)
    if not texts or len(source.primary_key.columns) != 1 or len(source.columns) > 2:
        raise AppError(
            f"table {source.name!r} is marked {MARK}, and is no enum: that has a primary key of one text column,"
            " and at most one more column, a text that describes the value"
        )
    return True


def enum_of(column: sa.ColumnElement[object], default_schema: str | None) -> TableKey | None:
    """The enum table whose key a column refers to."""
    if value_type(column.type).kind is not Kind.TEXT:
        return None
    for key in column.foreign_keys:
        alone = key.constraint is not None and len(key.constraint.elements) == 1
        if alone and key.column.primary_key and is_enum(key.column.table):
            return table_key(key.column.table, default_schema)
    return None
