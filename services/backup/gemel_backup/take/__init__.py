"""Take a backup: the database's own dump, and the rows of its tables in the same snapshot."""

from gemel_backup.take.take import take

__all__ = ["take"]
