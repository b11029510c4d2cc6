"""The migrator: Gemel's own tables first, then the app's Alembic revisions, under one lock."""

from gemel_migrator.errors import MigrationError
from gemel_migrator.run import MigrationReport, downgrade, migrate

__all__ = ["MigrationError", "MigrationReport", "downgrade", "migrate"]
