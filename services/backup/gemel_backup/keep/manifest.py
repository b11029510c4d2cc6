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
BASE: Final = "base"
"""Kind of a base backup."""
PIECE = 1 << 20

Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class File:
    """One file of a backup, as the store has it."""

    path: str
    """Below the files of the backup, with slashes."""
    size: Count
    """Bytes."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Base:
    """A base backup: its files are Barman's, in ``pitr_dir``, under the id of the backup."""

    restore_point: str
    """Name of the moment that the evidence is of."""
    marked_at: datetime
    """When that was."""
    ended_at: datetime
    """From here on it leads to any time."""
    size: Count
    """Bytes that Barman keeps for it."""


@dataclass(frozen=True)
class Manifest:
    """What was taken, from where. What a restore must give is in the file of the evidence."""

    format: Literal[1]
    id: str
    kind: Literal["postgresql", "sqlite", "base"]
    """``base``: of PostgreSQL, for recovery to a time."""
    server_version: str
    """Version of PostgreSQL, or of the SQLite library."""
    tool: str
    """What wrote the files, such as ``pg_dump 17.4``."""
    app: str
    heads: tuple[str, ...]
    """Where the app's migrations stood; empty if it has none."""
    started_at: datetime
    finished_at: datetime
    locale: Mapping[str, str | None]
    """Encoding and collation of the database, as ``pg_database`` has them; empty for SQLite."""
    recipients: tuple[str, ...]
    """Of age, that the files are encrypted to; empty: they are not."""
    files: tuple[File, ...]
    tables: Count
    rows: Count
    """Of all tables."""
    base: Base | None = None

    @property
    def size(self) -> int:
        """Bytes of all files, Barman's too."""
        return sum(file.size for file in self.files) + (self.base.size if self.base is not None else 0)

    @property
    def seconds(self) -> float:
        """Time that the backup took."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def revision(self) -> str | None:
        """The heads as one text."""
        return ",".join(self.heads) or None

    def to_json(self) -> str:
        """As it is stored, before it is sealed."""
        return ADAPTER.dump_json(self, indent=1).decode()


ADAPTER = TypeAdapter(Manifest)


def parse_manifest(text: str, backup_id: str) -> Manifest:
    """Read a manifest.

    :param backup_id: the backup in which it was found.
    :raises Corrupted: it is not what was written, or is of a format that this code does not know.
    """
    try:
        _known_format(text, backup_id)
        manifest = ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Corrupted(f"backup {backup_id}: its manifest is not well formed: {where}: {first['msg']}") from error
    if manifest.id != backup_id:
        raise Corrupted(
            f"backup {backup_id}: its manifest is that of backup {manifest.id}: the folder was renamed or copied"
        )
    for file in manifest.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts:
            raise Corrupted(f"backup {backup_id}: its manifest names a file outside the backup: {file.path!r}")
    return manifest


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


def _known_format(text: str, backup_id: str) -> None:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Corrupted(f"backup {backup_id}: its manifest is not JSON: {error}") from error
    number = found.get("format") if isinstance(found, dict) else None
    if number != FORMAT:
        raise Corrupted(
            f"backup {backup_id}: its manifest has format {number!r}, and this version of Gemel reads {FORMAT}"
        )
