"""What backups there are. The store is the truth; the table in the database is an index of it, and tells of what
never came into the store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, insert, inspect, select, update

from gemel.settings import Settings
from gemel.state.tables import state_tables
from gemel_backup.connect import make_engine, transaction
from gemel_backup.errors import BackupError
from gemel_backup.keep.manifest import BASE, Manifest
from gemel_backup.keep.notes import Pin, Proof, read_notes
from gemel_backup.keep.seal import Keys
from gemel_backup.schedule.slots import utc
from gemel_backup.store import Store

MOST_ERROR = 4000


@dataclass(frozen=True)
class Entry:
    """One backup, as lists show it."""

    id: str
    status: str
    """``taking``, ``taken``, ``proven``, ``failed``, ``yielded`` or ``deleted``."""
    manifest: Manifest | None
    """``None`` if there is none that can be read."""
    proven_at: datetime | None
    error: str | None
    stored: bool
    """Whether the store has it."""
    proof: Proof | None = None
    """The last one, good or bad."""
    pin: Pin | None = None
    deleted_at: datetime | None = None
    """When it was marked to be deleted; it still can be kept."""
    kind: str | None = None
    """``base``: a base backup."""

    @property
    def is_base(self) -> bool:
        """Whether it is a base backup, for recovery to a time."""
        return self.kind == BASE


def entries(store: Store, index: "Index | None", keys: Keys) -> list[Entry]:
    """All backups, and what became none, oldest first."""
    stored = {backup_id: _stored(store, backup_id, keys) for backup_id in store.ids()}
    told = index.rows() if index is not None else {}
    return sorted(
        [*stored.values(), *(row for backup_id, row in told.items() if backup_id not in stored)],
        key=lambda item: item.id,
    )


def latest_proven(store: Store, keys: Keys) -> Manifest:
    """The newest backup that was proven, base backups apart: those are in another place.

    :raises BackupError: there is none.
    """
    for backup_id in reversed(store.ids()):
        entry = _stored(store, backup_id, keys)
        if entry.status == "proven" and entry.manifest is not None and entry.deleted_at is None and not entry.is_base:
            return entry.manifest
    raise BackupError("there is no proven backup; `backup list` shows what there is, and an ID may be named")


def unproven_base(store: Store, keys: Keys, since: datetime) -> str | None:
    """The newest base backup, if it was begun since then and nobody has proven it."""
    bases = [entry for entry in entries(store, None, keys) if entry.is_base]
    newest = bases[-1] if bases else None
    if newest is None or newest.status != "taken" or newest.manifest is None or newest.manifest.started_at < since:
        return None
    return newest.id


def base_for(store: Store, keys: Keys, moment: datetime | None) -> Manifest:
    """The newest base backup that leads to a time, a proven one if there is one.

    :param moment: ``None``: as far as it goes.
    :raises BackupError: there is none that ended before.
    """
    stored = entries(store, None, keys)
    bases = [(entry, entry.manifest.base) for entry in stored if entry.manifest is not None and entry.manifest.base]
    before = [entry for entry, base in bases if moment is None or base.ended_at <= moment]
    for status in ("proven", "taken"):
        for entry in reversed(before):
            if entry.status == status and entry.manifest is not None:
                return entry.manifest
    if moment is None or not bases:
        raise BackupError("there is no base backup that could be recovered; `backup now --base` takes one")
    first = min(base.ended_at for _, base in bases)
    raise BackupError(f"no base backup leads to {moment.isoformat()}: the first one ended at {first.isoformat()}")


def rebuild(store: Store, index: "Index", keys: Keys) -> list[Entry]:
    """Write into the table what the store has: after a restore it tells of an older time."""
    stored = entries(store, None, keys)
    for entry in stored:
        if entry.manifest is not None:
            index.put_entry(entry.manifest, entry.proof)
    return stored


def _stored(store: Store, backup_id: str, keys: Keys) -> Entry:
    try:
        notes = read_notes(store, backup_id, keys)
    except BackupError as error:
        return Entry(backup_id, "failed", None, None, error.message, stored=True)
    proof = notes.proof
    return Entry(
        backup_id,
        _status(proof),
        notes.manifest,
        proof.proven_at if proof is not None else None,
        proof.error if proof is not None else None,
        stored=True,
        proof=proof,
        pin=notes.pin,
        deleted_at=notes.deletion.at if notes.deletion is not None else None,
        kind=_kind(notes.manifest),
    )


def _kind(manifest: Manifest) -> str | None:
    return BASE if manifest.kind == BASE else None


def _status(proof: Proof | None) -> str:
    """Of a backup in the store, by its last proof."""
    return "taken" if proof is None else "proven" if proof.error is None else "failed"


class Index:
    """The table of backups."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._table = state_tables(postgresql=engine.dialect.name == "postgresql").backups

    def exists(self) -> bool:
        """Whether the database has the table. :raises BackupError: it cannot be reached."""
        with transaction(self._engine) as connection:
            return inspect(connection).has_table(self._table.name, schema=self._table.schema)

    def rows(self) -> Mapping[str, Entry]:
        """What the table tells, by id."""
        with transaction(self._engine) as connection:
            return {row.id: _entry(row) for row in connection.execute(select(self._table))}

    def unproven(self, *, since: datetime, until: datetime) -> Mapping[str, datetime]:
        """Backups that were taken and not proven, by id, with the time when they were begun; base backups apart.

        :param since: begun no earlier.
        :param until: ended no later.
        """
        columns = self._table.c
        query = select(columns.id, columns.started_at).where(
            columns.status == "taken",
            columns.started_at >= since,
            columns.finished_at <= until,
            columns.kind.is_(None),
        )
        with transaction(self._engine) as connection:
            return {row.id: utc(row.started_at) for row in connection.execute(query.order_by(columns.id))}

    def proven_since(self) -> datetime | None:
        """When the newest proven backup was begun, else the first one that is known; base backups apart."""
        columns = self._table.c
        proven = select(func.max(columns.started_at)).where(columns.status == "proven", columns.kind.is_(None))
        first = select(func.min(columns.started_at)).where(columns.kind.is_(None))
        with transaction(self._engine) as connection:
            found = connection.execute(proven).scalar() or connection.execute(first).scalar()
        return utc(found) if found is not None else None

    def begun_at(self, moment: datetime) -> str | None:
        """Id of the backup that was begun at exactly this time."""
        query = select(self._table.c.id).where(self._table.c.started_at == moment)
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar()

    def put(self, backup_id: str, status: str, **changes: object) -> None:
        """Write a row: a new one if there is none."""
        columns = self._table.c
        with transaction(self._engine) as connection:
            values = {"status": status, **changes}
            if not connection.execute(update(self._table).where(columns.id == backup_id).values(values)).rowcount:
                values.setdefault("started_at", datetime.now(UTC))
                connection.execute(insert(self._table).values(id=backup_id, **values))

    def put_entry(self, manifest: Manifest, proof: Proof | None) -> None:
        """Write what is known of a backup in the store."""
        error = proof.error if proof is not None else None
        self.put(
            manifest.id,
            _status(proof),
            started_at=manifest.started_at,
            finished_at=manifest.finished_at,
            proven_at=proof.proven_at if proof is not None else None,
            proof=json.dumps({"seconds": proof.seconds, "checks": dict(proof.checks)}) if proof is not None else None,
            revision=manifest.revision,
            kind=_kind(manifest),
            bytes=manifest.size,
            error=error[:MOST_ERROR] if error else None,
        )


def open_index(settings: Settings) -> Index | None:
    """The table of backups; ``None`` where there is none (``state = off``, or a database before its migration)."""
    if not settings.state or (not settings.is_postgresql and not settings.sqlite_path.is_file()):
        return None
    index = Index(make_engine(settings))
    return index if index.exists() else None


def _entry(row: object) -> Entry:
    values = row._mapping  # type: ignore[attr-defined]
    proven = values["proven_at"]
    return Entry(
        values["id"],
        values["status"],
        None,
        utc(proven) if proven else None,
        values["error"],
        stored=False,
        kind=values["kind"],
    )
