"""What lies beside the files of a backup: manifest, proof, pin and deletion, sealed (:mod:`gemel_backup.keep.seal`)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from gemel_backup.errors import BackupError, Corrupted
from gemel_backup.keep.manifest import Manifest, parse_manifest
from gemel_backup.keep.seal import Keys, seal, unseal
from gemel_backup.store import MANIFEST, Store

PROOF: Final = "proof.json"
PIN: Final = "pin.json"
DELETION: Final = "deletion.json"

Note = TypeVar("Note", "Proof", "Pin", "Deletion")


@dataclass(frozen=True)
class Proof:
    """Result of the last proof of a backup."""

    id: str
    manifest_sha256: str
    """Of which manifest it speaks."""
    at: datetime
    seconds: float
    error: str | None
    """``None``: what was restored is what was taken."""
    checks: Mapping[str, str]
    """What was looked at: ``ok``, or why it was not."""

    @property
    def proven_at(self) -> datetime | None:
        """When, if it is good."""
        return self.at if self.error is None else None


@dataclass(frozen=True)
class Pin:
    """A backup that is kept whatever its age."""

    id: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Deletion:
    """A backup that is to be taken away; until that is done, it can be kept by pinning it."""

    id: str
    at: datetime


@dataclass(frozen=True)
class Notes:
    """All that lies beside one backup."""

    manifest: Manifest
    manifest_sha256: str
    proof: Proof | None
    pin: Pin | None
    deletion: Deletion | None


PROOFS: TypeAdapter[Proof] = TypeAdapter(Proof)
PINS: TypeAdapter[Pin] = TypeAdapter(Pin)
DELETIONS: TypeAdapter[Deletion] = TypeAdapter(Deletion)


def read_notes(store: Store, backup_id: str, keys: Keys) -> Notes:
    """:raises BackupError: there is no such backup. :raises Corrupted: its manifest is not what was written."""
    found = store.notes(backup_id)
    content = found.get(MANIFEST)
    if content is None:
        raise BackupError(f"there is no backup {backup_id!r}; `backup list` shows those that are there")
    text = unseal(content, keys, f"backup {backup_id}: its manifest")
    manifest, sha256 = parse_manifest(text, backup_id), hashlib.sha256(text.encode()).hexdigest()
    proof = _read(found.get(PROOF), PROOFS, keys, backup_id)
    if proof is not None and proof.manifest_sha256 != sha256:
        proof = None
    return Notes(
        manifest,
        sha256,
        proof,
        _read(found.get(PIN), PINS, keys, backup_id),
        _read(found.get(DELETION), DELETIONS, keys, backup_id),
    )


def read_manifest(store: Store, backup_id: str, keys: Keys) -> Manifest:
    """As :func:`read_notes`, the manifest alone."""
    return read_notes(store, backup_id, keys).manifest


def write_proof(
    store: Store, notes: Notes, keys: Keys, seconds: float, error: str | None, checks: Mapping[str, str]
) -> Proof:
    """Keep the result of a proof beside the backup.

    :param notes: as they were read before the proof: it speaks of that manifest.
    """
    proof = Proof(notes.manifest.id, notes.manifest_sha256, datetime.now(UTC), seconds, error, dict(checks))
    _write(store, PROOF, PROOFS, proof, keys)
    return proof


def pin(store: Store, backup_id: str, keys: Keys, reason: str) -> Pin:
    """Keep a backup whatever its age, and also if it was about to be deleted.

    :raises BackupError: there is no such backup.
    """
    read_notes(store, backup_id, keys)
    found = Pin(backup_id, reason, datetime.now(UTC))
    _write(store, PIN, PINS, found, keys)
    store.remove(backup_id, DELETION)
    return found


def unpin(store: Store, backup_id: str, keys: Keys) -> None:
    """:raises BackupError: there is no such backup."""
    read_notes(store, backup_id, keys)
    store.remove(backup_id, PIN)


def mark_deleted(store: Store, backup_id: str, keys: Keys, at: datetime) -> None:
    """The first of the two steps of deleting."""
    _write(store, DELETION, DELETIONS, Deletion(backup_id, at), keys)


def _write(store: Store, name: str, adapter: TypeAdapter[Note], note: Note, keys: Keys) -> None:
    store.write(note.id, name, seal(adapter.dump_json(note).decode(), keys))


def _read(content: bytes | None, adapter: TypeAdapter[Note], keys: Keys, backup_id: str) -> Note | None:
    """A note that cannot be read, or is another backup's, is none."""
    if content is None:
        return None
    try:
        note = adapter.validate_json(unseal(content, keys, "a note"))
    except (Corrupted, ValidationError):
        return None
    return note if note.id == backup_id else None
