"""What the tests of the backups share."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text

from gemel.settings import Settings
from gemel_backup.connect import make_engine, transaction
from gemel_backup.evidence import Evidence, parse_evidence
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.keep.manifest import Manifest, files_of
from gemel_backup.keep.seal import Keys, seal
from gemel_backup.store import FILES, MANIFEST, FolderStore
from gemel_backup.take import take
from gemel_backup.take.taken import EVIDENCE

UNSIGNED = Keys(None, frozenset())

LIMIT = 60.0
POLL = 0.02


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so. :raises AssertionError: it never was."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(POLL)


def taken(settings: Settings) -> tuple[FolderStore, Manifest]:
    """A store with one backup that was not proven."""
    store = FolderStore(settings.backups)
    return store, take(Job(settings), store, new_id(datetime.now(UTC)), "chinook")


def query(settings: Settings, statement: str) -> list[Any]:
    """Rows of a statement, which is committed."""
    with transaction(make_engine(settings)) as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def has_extensions(settings: Settings, *names: str) -> bool:
    """Whether a PostgreSQL server has the files of these; that of the wheel has few."""
    found = {name for (name,) in query(settings, "SELECT name FROM pg_available_extensions")}
    return found.issuperset(names)


def all_well(settings: Settings) -> set[str]:
    """What the checks of a proof say of an undamaged database."""
    if not settings.is_postgresql or has_extensions(settings, "amcheck"):
        return {"ok"}
    return {"ok", "not done: the server lacks the extension amcheck, or its role is no superuser"}


def folder_of(store: FolderStore, manifest: Manifest) -> Path:
    """Where a backup lies, with its notes."""
    return store.folder / manifest.id


def files_folder(store: FolderStore, manifest: Manifest) -> Path:
    """Where the files of a backup lie."""
    return folder_of(store, manifest) / FILES


def evidence_of(store: FolderStore, manifest: Manifest) -> Evidence:
    """What the snapshot of a backup held."""
    return parse_evidence((files_folder(store, manifest) / EVIDENCE).read_bytes(), manifest.id)


def forge(store: FolderStore, manifest: Manifest, **changes: Any) -> None:
    """Write another manifest, with a hash that fits, and hashes of the files as they are now."""
    changed = replace(manifest, **{"files": files_of(files_folder(store, manifest), Job(Settings())), **changes})
    (folder_of(store, manifest) / MANIFEST).write_bytes(seal(changed.to_json(), UNSIGNED))


def forge_evidence(store: FolderStore, manifest: Manifest, **changes: Any) -> None:
    """Write other evidence, and a manifest that fits."""
    path = files_folder(store, manifest) / EVIDENCE
    path.write_bytes(replace(evidence_of(store, manifest), **changes).to_json())
    forge(store, manifest)


def drop_database(settings: Settings, name: str) -> None:
    """What a switch or restore has left on a server that others use; a file goes with its test."""
    if settings.is_postgresql:
        with psycopg.connect(settings.database, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
