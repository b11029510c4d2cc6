"""Gemel's own tables: revisions, backups, slots.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

from gemel.state.tables import table_name

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; the schema is there already, since it holds the version table of this history."""
    _create(
        "revision",
        sa.Column("revision", sa.Text(), primary_key=True),
        sa.Column("compatible_from", sa.Text()),
        sa.Column("applied_at", MOMENT, nullable=False),
    )
    _create(
        "backup",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("proven_at", MOMENT),
        sa.Column("revision", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("error", sa.Text()),
    )
    _create(
        "slot",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("due_at", MOMENT, primary_key=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("slot", "backup", "revision"):
        schema, full = _name(name)
        op.drop_table(full, schema=schema)


def _create(name: str, *columns: "sa.Column[object]") -> None:
    schema, full = _name(name)
    op.create_table(full, *columns, schema=schema)


def _name(name: str) -> tuple[str | None, str]:
    return table_name(name, postgresql=op.get_bind().dialect.name == "postgresql")
