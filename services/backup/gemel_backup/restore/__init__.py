"""Restore a backup beside what is there, and let the result take the place of the database in a step of its own."""

from gemel_backup.restore.places import is_live
from gemel_backup.restore.restore import Options, restore
from gemel_backup.restore.switch import switch

__all__ = ["Options", "is_live", "restore", "switch"]
