"""What a store of backups can do."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Store(Protocol):
    """Keeps backups by their id. A backup is there as a whole or not at all."""

    def ids(self) -> list[str]:
        """The backups, oldest first."""
        ...

    def draft(self, backup_id: str) -> AbstractContextManager[Path]:
        """A local folder to write a new backup into; it is kept when the block ends, unless it raises."""
        ...

    def local(self, backup_id: str) -> AbstractContextManager[Path]:
        """A local folder that holds the backup, for reading within the block.

        :raises BackupError: there is no such backup.
        """
        ...

    def read(self, backup_id: str, name: str) -> bytes | None:
        """A small file of a backup; ``None`` if it is not there."""
        ...

    def write(self, backup_id: str, name: str, content: bytes) -> None:
        """Put a small file beside those of a backup, whole or not at all."""
        ...

    def clean(self) -> list[str]:
        """Take away what work that died has left behind; gives the ids."""
        ...

    def check(self) -> None:
        """:raises BackupError: it cannot be written."""
        ...
