"""What revisions of Gemel's own tables do: tables are found under another name on SQLite, which has no schemas."""

import sqlalchemy as sa
from alembic import op

from gemel.state.tables import table_name

MOMENT = sa.DateTime(timezone=True)


def create_table(name: str, *columns: "sa.Column[object]") -> None:
    """Create one of our tables."""
    schema, full = _name(name)
    op.create_table(full, *columns, schema=schema)


def add_column(name: str, column: "sa.Column[object]") -> None:
    """Add a column to one of our tables."""
    schema, full = _name(name)
    op.add_column(full, column, schema=schema)


def drop_column(name: str, column: str) -> None:
    """Drop a column of one of our tables."""
    schema, full = _name(name)
    op.drop_column(full, column, schema=schema)


def drop_tables(*names: str) -> None:
    """Drop some of our tables, in this order."""
    for name in names:
        schema, full = _name(name)
        op.drop_table(full, schema=schema)


def _name(name: str) -> tuple[str | None, str]:
    return table_name(name, postgresql=op.get_bind().dialect.name == "postgresql")
