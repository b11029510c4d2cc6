"""What backups there are. The store is the truth; the table in the database is an index of it, and tells of what
never came into the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, insert, inspect, select, update

from gemel.settings import Settings
from gemel.state.tables import state_tables
from gemel_backup.connect import make_engine, transaction
from gemel_backup.errors import BackupError, Corrupted
from gemel_backup.manifest import NAME, SUM, Manifest, parse
from gemel_backup.slots import utc
from gemel_backup.store import Store

PROOF = "proof.json"
MOST_ERROR = 4000


@dataclass(frozen=True)
class Proof:
    """Result of the last proof of a backup; it lies beside the manifest."""

    id: str
    manifest_sha256: str
    """Of which manifest it speaks."""
    at: datetime
    seconds: float
    error: str | None
    """``None``: what was restored is what was taken."""


@dataclass(frozen=True)
class Entry:
    """One backup, as lists show it."""

    id: str
    status: str
    """``taking``, ``taken``, ``proven``, ``failed`` or ``yielded``."""
    manifest: Manifest | None
    """``None`` if there is none that can be read."""
    proven_at: datetime | None
    error: str | None
    stored: bool
    """Whether the store has it."""


PROOFS = TypeAdapter(Proof)


def read_manifest(store: Store, backup_id: str) -> Manifest:
    """:raises BackupError: there is no such backup. :raises Corrupted: its manifest is not what was written."""
    text, checksum = store.read(backup_id, NAME), store.read(backup_id, SUM)
    if checksum is None:
        raise BackupError(f"there is no backup {backup_id!r}; `backup list` shows those that are there")
    if text is None:
        raise Corrupted(f"backup {backup_id}: {NAME} is missing. Use another backup")
    return parse(text, checksum, backup_id)


def write_proof(store: Store, manifest: Manifest, seconds: float, error: str | None) -> Proof:
    """Keep the result of a proof beside the backup."""
    proof = Proof(manifest.id, _hash(store, manifest.id), datetime.now(UTC), seconds, error)
    store.write(manifest.id, PROOF, PROOFS.dump_json(proof, indent=2) + b"\n")
    return proof


def read_proof(store: Store, manifest: Manifest) -> Proof | None:
    """The last proof of exactly this manifest."""
    text = store.read(manifest.id, PROOF)
    if text is None:
        return None
    try:
        proof = PROOFS.validate_json(text)
    except ValidationError:
        return None  # unreadable evidence is none
    return proof if (proof.id, proof.manifest_sha256) == (manifest.id, _hash(store, manifest.id)) else None


def entries(store: Store, index: "Index | None") -> list[Entry]:
    """All backups, and what became none, oldest first."""
    stored = {backup_id: _stored(store, backup_id) for backup_id in store.ids()}
    told = index.rows() if index is not None else {}
    return sorted(
        [*stored.values(), *(row for backup_id, row in told.items() if backup_id not in stored)],
        key=lambda item: item.id,
    )


def latest_proven(store: Store) -> Manifest:
    """The newest backup that was proven. :raises BackupError: there is none."""
    for backup_id in reversed(store.ids()):
        entry = _stored(store, backup_id)
        if entry.status == "proven" and entry.manifest is not None:
            return entry.manifest
    raise BackupError("there is no proven backup; `backup list` shows what there is, and an ID may be named")


def _stored(store: Store, backup_id: str) -> Entry:
    try:
        manifest = read_manifest(store, backup_id)
    except BackupError as error:
        return Entry(backup_id, "failed", None, None, error.message, stored=True)
    proof = read_proof(store, manifest)
    if proof is None:
        return Entry(backup_id, "taken", manifest, None, None, stored=True)
    if proof.error is not None:
        return Entry(backup_id, "failed", manifest, None, proof.error, stored=True)
    return Entry(backup_id, "proven", manifest, proof.at, None, stored=True)


def _hash(store: Store, backup_id: str) -> str:
    return (store.read(backup_id, SUM) or b"").partition(b" ")[0].decode("ascii", "replace")


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

    def put(self, backup_id: str, status: str, **changes: object) -> None:
        """Write a row: a new one if there is none."""
        columns = self._table.c
        with transaction(self._engine) as connection:
            values = {"status": status, **changes}
            if not connection.execute(update(self._table).where(columns.id == backup_id).values(values)).rowcount:
                values.setdefault("started_at", datetime.now(UTC))
                connection.execute(insert(self._table).values(id=backup_id, **values))

    def put_entry(self, manifest: Manifest, status: str, proven_at: datetime | None, error: str | None) -> None:
        """Write what is known of a backup in the store."""
        self.put(
            manifest.id,
            status,
            started_at=manifest.started_at,
            finished_at=manifest.finished_at,
            proven_at=proven_at,
            revision=manifest.revision,
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
    return Entry(values["id"], values["status"], None, utc(proven) if proven else None, values["error"], stored=False)
