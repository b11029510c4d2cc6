"""A folder of the local system, or one mounted there, with a folder for each backup."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gemel_backup.errors import BackupError
from gemel_backup.held import PRIVATE, clean_folders, held_folder
from gemel_backup.ids import is_id
from gemel_backup.job import Job
from gemel_backup.store.base import FILES, MANIFEST, Draft

PARTIAL = ".partial-"
TEMPORARY = ".new-"


class FolderStore:
    """Backups as ``<folder>/<id>/``; ``.partial-<id>`` is being written or taken away, and counts for nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ids(self) -> list[str]:
        """The backups, oldest first; a folder without a manifest is none."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if is_id(path.name) and (path / MANIFEST).is_file())

    @contextmanager
    def draft(self, backup_id: str, job: Job) -> Iterator[Draft]:
        """As :meth:`Store.draft`. :raises BackupError: the folder cannot be written, or has a backup of that id."""
        target = self.folder / backup_id
        with held_folder(self.folder, f"{PARTIAL}{backup_id}") as partial:
            draft = Draft(partial / FILES)
            draft.files.mkdir(PRIVATE)
            yield draft
            if draft.manifest is None:
                return
            _sync(draft.files, job)
            write_whole(partial / MANIFEST, draft.manifest)
            if target.exists():
                raise BackupError(f"there is a backup {backup_id} already")
            partial.rename(target)
            _sync_folder(self.folder)

    @contextmanager
    def local(self, backup_id: str, job: Job) -> Iterator[Path]:
        """As :meth:`Store.local`."""
        if backup_id not in self.ids():
            raise BackupError(
                f"there is no backup {backup_id!r} in {self.folder}; `backup list` shows those that are there"
            )
        yield self.folder / backup_id / FILES

    def notes(self, backup_id: str) -> Mapping[str, bytes]:
        """As :meth:`Store.notes`."""
        if not is_id(backup_id):  # it might name a path outside
            return {}
        folder = self.folder / backup_id
        try:
            found = sorted(path for path in folder.iterdir() if path.is_file())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise BackupError(f"{folder} cannot be read: {error.strerror}") from error
        return {path.name: _read(path) for path in found if not path.name.startswith(TEMPORARY)}

    def write(self, backup_id: str, name: str, content: bytes) -> None:
        """As :meth:`Store.write`."""
        path = self.folder / backup_id / name
        try:
            write_whole(path, content)
        except OSError as error:
            raise BackupError(f"{path} cannot be written: {error.strerror}") from error

    def remove(self, backup_id: str, name: str) -> None:
        """As :meth:`Store.remove`."""
        path = self.folder / backup_id / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise BackupError(f"{path} cannot be removed: {error.strerror}") from error

    def purge(self, backup_id: str) -> None:
        """As :meth:`Store.purge`: it is renamed first, so that it is gone as a whole."""
        partial = self.folder / f"{PARTIAL}{backup_id}"
        try:
            (self.folder / backup_id).rename(partial)
            _sync_folder(self.folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise BackupError(f"{self.folder / backup_id} cannot be removed: {error.strerror}") from error
        shutil.rmtree(partial, ignore_errors=True)  # what is left is found by `clean`

    def clean(self) -> list[str]:
        """As :meth:`Store.clean`."""
        return clean_folders(self.folder, PARTIAL)

    def check(self) -> None:
        """As :meth:`Store.check`."""
        try:
            self.folder.mkdir(PRIVATE, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise BackupError(f"folder {self.folder} cannot be written: {error.strerror}; set backup_uri") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, and give it its name when it is whole and on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync(folder: Path, job: Job) -> None:
    for path in folder.rglob("*"):
        job.check()
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
