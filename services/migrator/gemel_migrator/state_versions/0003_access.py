"""API keys, and what administrators did.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from gemel.state.tables import table_name

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create(
        "api_key",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
    )
    _create(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("at", MOMENT, nullable=False, index=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("details", sa.Text()),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("audit", "api_key"):
        schema, full = _name(name)
        op.drop_table(full, schema=schema)


def _create(name: str, *columns: "sa.Column[object]") -> None:
    schema, full = _name(name)
    op.create_table(full, *columns, schema=schema)


def _name(name: str) -> tuple[str | None, str]:
    return table_name(name, postgresql=op.get_bind().dialect.name == "postgresql")
