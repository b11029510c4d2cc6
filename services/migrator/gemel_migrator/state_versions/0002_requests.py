"""Answers that are kept for repeated requests, and the outbox of the hooks.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from gemel.state.tables import table_name

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create(
        "idempotency",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False, index=True),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
    )
    _create(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("old", sa.Text()),
        sa.Column("new", sa.Text()),
        sa.Column("trace_id", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("outbox", "idempotency"):
        schema, full = _name(name)
        op.drop_table(full, schema=schema)


def _create(name: str, *columns: "sa.Column[object]") -> None:
    schema, full = _name(name)
    op.create_table(full, *columns, schema=schema)


def _name(name: str) -> tuple[str | None, str]:
    return table_name(name, postgresql=op.get_bind().dialect.name == "postgresql")
