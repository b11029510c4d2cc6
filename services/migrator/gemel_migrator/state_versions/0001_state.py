"""Gemel's own tables: revisions, backups, slots.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa

from gemel_migrator.state_operations import MOMENT, create_table, drop_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; the schema is there already, since it holds the version table of this history."""
    create_table(
        "revision",
        sa.Column("revision", sa.Text(), primary_key=True),
        sa.Column("compatible_from", sa.Text()),
        sa.Column("applied_at", MOMENT, nullable=False),
    )
    create_table(
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
    create_table(
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
    drop_tables("slot", "backup", "revision")
