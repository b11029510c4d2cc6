"""Folders that go with the process that made them.

Whoever makes one holds a lock (flock) on it, which the operating system takes away with the process: so what nobody
holds is what a dead process left.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gemel_backup.errors import BackupError

LOCK = ".lock"
PRIVATE = 0o700


@contextmanager
def held_folder(parent: Path, name: str) -> Iterator[Path]:
    """A new folder below ``parent`` (made, too, if it is missing), removed with the block if it is still there.

    :raises BackupError: it cannot be written, there or in the block, or there is one of this name.
    """
    folder = parent / name
    try:
        parent.mkdir(PRIVATE, parents=True, exist_ok=True)
        with _locked(parent):  # or `clean_folders` could find it in the moment before it is held
            folder.mkdir(PRIVATE)
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise BackupError(f"folder {folder} cannot be made: {error.strerror}") from error
    try:
        yield folder
    except OSError as error:
        raise BackupError(f"folder {folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def work_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A :func:`held_folder` of a new name; what dead processes have left under the prefix is removed first."""
    clean_folders(parent, prefix)
    with held_folder(parent, f"{prefix}{secrets.token_hex(8)}") as folder:
        yield folder


def clean_folders(parent: Path, prefix: str) -> list[str]:
    """Remove folders that nobody holds any more; gives their names without the prefix."""
    if not parent.is_dir():
        return []
    with _locked(parent):
        dead = [path for path in parent.glob(f"{prefix}*") if path.is_dir() and not _held(path)]
        for path in dead:
            shutil.rmtree(path, ignore_errors=True)
    return [path.name.removeprefix(prefix) for path in dead]


@contextmanager
def _locked(parent: Path) -> Iterator[None]:
    """Held for moments only."""
    descriptor = os.open(parent / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
