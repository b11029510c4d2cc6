"""By which cron expression a slot was due, so that what was missed is known from what was never due; and proofs.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa

from gemel_migrator.state_operations import add_column, drop_column

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    add_column("slot", sa.Column("schedule", sa.Text()))
    add_column("backup", sa.Column("proof", sa.Text()))


def downgrade() -> None:
    """Drop the columns."""
    drop_column("backup", "proof")
    drop_column("slot", "schedule")
