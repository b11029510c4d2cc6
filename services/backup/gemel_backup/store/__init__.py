"""Where backups are kept: an interface, and the folder that meets it."""

from gemel_backup.store.base import Store
from gemel_backup.store.folder import FolderStore

__all__ = ["FolderStore", "Store"]
