"""Where backups are kept."""

from gemel_backup.store.base import FILES, MANIFEST, Draft, Store
from gemel_backup.store.bucket import BucketStore
from gemel_backup.store.folder import FolderStore
from gemel_backup.store.open import open_store

__all__ = ["FILES", "MANIFEST", "BucketStore", "Draft", "FolderStore", "Store", "open_store"]
