"""What a store of backups can do."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from gemel_backup.job import Job

FILES: Final = "files"
"""Below a backup: what was taken. Beside it lie notes."""
MANIFEST: Final = "manifest.json"
"""The note that makes a backup one; written last."""


@dataclass
class Draft:
    """A backup that is being written."""

    files: Path
    """A local folder for its files."""
    manifest: bytes | None = None
    """The note to commit it with; without one nothing is kept."""


class Store(Protocol):
    """Keeps backups by their id. A backup is there as a whole or not at all."""

    def ids(self) -> list[str]:
        """The backups, oldest first."""
        ...

    def draft(self, backup_id: str, job: Job) -> AbstractContextManager[Draft]:
        """Write a new backup; it is kept when the block ends with a manifest set and does not raise."""
        ...

    def local(self, backup_id: str, job: Job) -> AbstractContextManager[Path]:
        """A local folder that holds the files of a backup, for reading within the block.

        :raises BackupError: there is no such backup.
        """
        ...

    def notes(self, backup_id: str) -> Mapping[str, bytes]:
        """The small documents beside the files, by name; empty if there is no such backup."""
        ...

    def write(self, backup_id: str, name: str, content: bytes) -> None:
        """Put a note beside a backup, or another one in its place, whole or not at all."""
        ...

    def remove(self, backup_id: str, name: str) -> None:
        """Take a note away, if it is there."""
        ...

    def purge(self, backup_id: str) -> None:
        """Take a backup away, its manifest first."""
        ...

    def clean(self) -> list[str]:
        """Take away what work that died has left behind; gives the ids."""
        ...

    def check(self) -> None:
        """:raises BackupError: it cannot be written."""
        ...
