"""What the tests of the backups share."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from gemel.settings import Settings
from gemel_backup.connect import make_engine, transaction
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.manifest import NAME, SUM, Manifest, checksum_line
from gemel_backup.store import FolderStore
from gemel_backup.take import take

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


def folder_of(store: FolderStore, manifest: Manifest) -> Path:
    """Where a backup lies."""
    return store.folder / manifest.id


def forge(store: FolderStore, manifest: Manifest, changes: Mapping[str, Any]) -> None:
    """Write another manifest, with a hash that fits."""
    values = {**{key: getattr(manifest, key) for key in manifest.__dataclass_fields__}, **changes}
    content = Manifest(**values).to_json()
    (folder_of(store, manifest) / NAME).write_bytes(content)
    (folder_of(store, manifest) / SUM).write_bytes(checksum_line(content))
