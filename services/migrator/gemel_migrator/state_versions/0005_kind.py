"""Base backups, for recovery to a time, stand in the table of backups, too.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa

from gemel_migrator.state_operations import add_column, drop_column

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    add_column("backup", sa.Column("kind", sa.Text()))


def downgrade() -> None:
    """Drop the column."""
    drop_column("backup", "kind")
