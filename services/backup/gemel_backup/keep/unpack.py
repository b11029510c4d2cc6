"""Fetch a backup from its store: hashes first, and only then is anything decrypted or read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gemel_backup.errors import Corrupted
from gemel_backup.evidence import Evidence, parse_evidence
from gemel_backup.held import work_folder
from gemel_backup.job import Job
from gemel_backup.keep.age import decrypt_folder
from gemel_backup.keep.manifest import Manifest
from gemel_backup.keep.verify import verify_files
from gemel_backup.store import Store
from gemel_backup.take.taken import EVIDENCE

PREFIX = "open-"


@dataclass(frozen=True)
class Unpacked:
    """The files of a backup, verified and decrypted."""

    manifest: Manifest
    evidence: Evidence
    folder: Path


@contextmanager
def unpacked(job: Job, store: Store, manifest: Manifest) -> Iterator[Unpacked]:
    """The files of a backup until the end of the block.

    :raises BackupError: there is no such backup, or it is encrypted and there is no key that opens it.
    :raises Corrupted: a file is not what was written.
    :raises Yielded: stopped.
    """
    with store.local(manifest.id, job) as folder:
        verify_files(job, manifest, folder)
        if not manifest.recipients:
            yield Unpacked(manifest, _evidence(folder, manifest), folder)
            return
        with work_folder(job.settings.work, PREFIX) as plain:
            decrypt_folder(job, folder, plain)
            yield Unpacked(manifest, _evidence(plain, manifest), plain)


def _evidence(folder: Path, manifest: Manifest) -> Evidence:
    try:
        text = (folder / EVIDENCE).read_bytes()
    except FileNotFoundError:
        raise Corrupted(f"backup {manifest.id} holds no evidence: it cannot be compared. Use another backup") from None
    return parse_evidence(text, manifest.id)
