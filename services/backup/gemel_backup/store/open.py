"""The store of the settings."""

from gemel.settings import Settings
from gemel_backup.store.base import Store
from gemel_backup.store.bucket import SCHEMES, BucketStore
from gemel_backup.store.folder import FolderStore


def open_store(settings: Settings) -> Store:
    """:raises BackupError: ``backup_uri`` names an object store by an address that is none."""
    if settings.backup_uri.startswith(SCHEMES):
        return BucketStore(settings.backup_uri, settings.work)
    return FolderStore(settings.backups)
