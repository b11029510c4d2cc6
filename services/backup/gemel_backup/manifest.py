"""The manifest: what a backup holds. It is written last, and read for ever (docs/decisions.md, 33)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from gemel_backup.errors import Corrupted
from gemel_backup.job import Job

FORMAT: Final = 1
NAME = "manifest.json"
SUM = "manifest.sha256"
PIECE = 1 << 20

Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class File:
    """One file of a backup."""

    path: str
    """Within the backup, with slashes."""
    size: Count
    """Bytes."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Manifest:
    """What was taken, from where, and what a restore must give."""

    format: Literal[1]
    id: str
    kind: Literal["postgresql", "sqlite"]
    server_version: str
    """Version of PostgreSQL, or of the SQLite library."""
    tool: str
    """What wrote the files, such as ``pg_dump 17.4``."""
    app: str
    revision: str | None
    """Where the app's migrations stood; ``None`` if it has none."""
    started_at: datetime
    finished_at: datetime
    locale: Mapping[str, str | None]
    """Encoding and collation of the database, as ``pg_database`` has them; empty for SQLite."""
    files: tuple[File, ...]
    tables: Mapping[str, Count]
    """Rows of each table, by its name as SQL writes it, in the snapshot that was taken."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())

    @property
    def seconds(self) -> float:
        """Time that the backup took."""
        return (self.finished_at - self.started_at).total_seconds()

    def to_json(self) -> bytes:
        """As it is stored."""
        return ADAPTER.dump_json(self, indent=2) + b"\n"


ADAPTER = TypeAdapter(Manifest)


def parse(text: bytes, checksum: bytes, backup_id: str) -> Manifest:
    """Read a stored manifest.

    :param checksum: content of ``manifest.sha256``.
    :param backup_id: the backup in which it was found.
    :raises Corrupted: it is not what was written, or is of a format that this code does not know.
    """
    if checksum != checksum_line(text):
        raise Corrupted(f"backup {backup_id}: {NAME} was changed: it does not fit {SUM}. Use another backup")
    try:
        _known_format(text, backup_id)
        manifest = ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Corrupted(f"backup {backup_id}: {NAME} is not well formed: {where}: {first['msg']}") from error
    if manifest.id != backup_id:
        raise Corrupted(f"backup {backup_id}: {NAME} is that of backup {manifest.id}: the folder was renamed or copied")
    for file in manifest.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts:
            raise Corrupted(f"backup {backup_id}: {NAME} names a file outside the backup: {file.path!r}")
    return manifest


def checksum_line(text: bytes) -> bytes:
    """Content of ``manifest.sha256``, in the form of ``sha256sum -c``."""
    return f"{hashlib.sha256(text).hexdigest()}  {NAME}\n".encode()


def files_of(folder: Path, job: Job) -> tuple[File, ...]:
    """All files below a folder, hashed. :raises Yielded: stopped."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(File(path.relative_to(folder).as_posix(), path.stat().st_size, file_hash(path, job)) for path in paths)


def file_hash(path: Path, job: Job) -> str:
    """SHA-256 of a file, in hexadecimal. :raises Yielded: stopped."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            job.check()
            digest.update(piece)
    return digest.hexdigest()


def _known_format(text: bytes, backup_id: str) -> None:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Corrupted(f"backup {backup_id}: {NAME} is not JSON: {error}") from error
    number = found.get("format") if isinstance(found, dict) else None
    if number != FORMAT:
        raise Corrupted(f"backup {backup_id}: {NAME} has format {number!r}, and this version of Gemel reads {FORMAT}")
