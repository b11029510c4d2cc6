"""A folder of the local system, or one mounted there, with a folder for each backup."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gemel_backup.errors import BackupError
from gemel_backup.ids import is_id
from gemel_backup.manifest import SUM

PARTIAL = ".partial-"
LOCK = ".lock"
PRIVATE = 0o700


class FolderStore:
    """Backups as ``<folder>/<id>/``; what is being written is ``.partial-<id>`` and counts for nothing.

    Whoever writes holds a lock (flock) on its unfinished folder, which the operating system takes away with the
    process: so what nobody holds is what a dead process left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ids(self) -> list[str]:
        """The backups, oldest first; a folder without a manifest is none."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if is_id(path.name) and (path / SUM).is_file())

    @contextmanager
    def draft(self, backup_id: str) -> Iterator[Path]:
        """As :meth:`Store.draft`. :raises BackupError: the folder cannot be written, or has a backup of that id."""
        partial = self.folder / f"{PARTIAL}{backup_id}"
        descriptor = self._begin(partial)
        try:
            yield partial
            _sync(partial)
            partial.rename(self.folder / backup_id)
            _sync_folder(self.folder)
        except OSError as error:
            raise BackupError(f"{partial} cannot be written: {error}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            os.close(descriptor)

    @contextmanager
    def local(self, backup_id: str) -> Iterator[Path]:
        """As :meth:`Store.local`."""
        if backup_id not in self.ids():
            raise BackupError(
                f"there is no backup {backup_id!r} in {self.folder}; `backup list` shows those that are there"
            )
        yield self.folder / backup_id

    def read(self, backup_id: str, name: str) -> bytes | None:
        """As :meth:`Store.read`."""
        try:
            return (self.folder / backup_id / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, backup_id: str, name: str, content: bytes) -> None:
        """As :meth:`Store.write`."""
        path = self.folder / backup_id / name
        try:
            write_whole(path, content)
        except OSError as error:
            raise BackupError(f"{path} cannot be written: {error.strerror}") from error

    def clean(self) -> list[str]:
        """As :meth:`Store.clean`."""
        if not self.folder.is_dir():
            return []
        with self._locked():
            dead = [path for path in self.folder.glob(f"{PARTIAL}*") if path.is_dir() and not _held(path)]
            for path in dead:
                shutil.rmtree(path, ignore_errors=True)
        return [path.name.removeprefix(PARTIAL) for path in dead]

    def check(self) -> None:
        """As :meth:`Store.check`."""
        try:
            self._make()
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise BackupError(f"folder {self.folder} cannot be written: {error.strerror}; set backup_uri") from error

    def _begin(self, partial: Path) -> int:
        try:
            self._make()
            with self._locked():  # or `clean` could find the folder in the moment before it is held
                if (self.folder / partial.name.removeprefix(PARTIAL)).exists():
                    raise BackupError(f"there is a backup {partial.name.removeprefix(PARTIAL)} already")
                partial.mkdir(PRIVATE)
                descriptor = os.open(partial, os.O_RDONLY)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
        except OSError as error:
            raise BackupError(f"folder {self.folder} cannot be written: {error.strerror}; set backup_uri") from error

    def _make(self) -> None:
        self.folder.mkdir(PRIVATE, parents=True, exist_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Held for moments only."""
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, and give it its name when it is whole and on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
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


def _held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
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
