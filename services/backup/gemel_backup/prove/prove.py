"""Prove a backup: restore it from the store into a scratch database and compare (docs/decisions.md, 34)."""

import tempfile
import time
from pathlib import Path

from gemel_backup.errors import BackupError, Unreachable, Yielded
from gemel_backup.evidence.postgresql import rows
from gemel_backup.job import Job
from gemel_backup.keep.notes import Proof, read_notes, write_proof
from gemel_backup.keep.seal import Keys
from gemel_backup.keep.unpack import Unpacked, unpacked
from gemel_backup.pitr.prove import prove_base
from gemel_backup.postgresql import Address
from gemel_backup.prove.examine import OK, Checks, examine
from gemel_backup.prove.load import fill_postgresql, load_sqlite
from gemel_backup.prove.scratch import scratch_database, scratch_roles
from gemel_backup.prove.smoke import smoke
from gemel_backup.store import Store


def prove(job: Job, store: Store, backup_id: str) -> Proof:
    """Restore a backup into a scratch database and compare it with its evidence; the result is kept in the store.

    :raises BackupError: there is no such backup, or it could not be restored. A backup whose proof has failed counts
        as failed until a later proof succeeds.
    :raises Unreachable: the server to prove it on does not answer; nothing was decided.
    :raises Yielded: stopped; nothing was decided.
    """
    keys = Keys.of(job.settings)
    notes = read_notes(store, backup_id, keys)
    begun = time.monotonic()
    checks: Checks = {}
    try:
        with unpacked(job, store, notes.manifest) as backup:
            checks["hashes"] = OK
            _restore(job, backup, checks)
    except (Yielded, Unreachable):
        raise
    except BackupError as error:
        write_proof(store, notes, keys, time.monotonic() - begun, error.message, checks)
        raise
    return write_proof(store, notes, keys, time.monotonic() - begun, None, checks)


def _restore(job: Job, backup: Unpacked, checks: Checks) -> None:
    if backup.manifest.base is not None:
        prove_base(job, backup, backup.manifest.base, checks)
        return
    if backup.manifest.kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="gemel-proof-") as scratch:
            path = Path(scratch) / "scratch.sqlite3"
            load_sqlite(job, backup, path)
            checks |= {"evidence": OK, "integrity": OK}
            checks["query"] = smoke(job, backup, f"sqlite:///{path}")
        return
    server = _server(job)
    with server.connect(job) as connection:
        [(superuser,)] = rows(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    names = backup.evidence.roles if superuser else ()
    with (
        scratch_roles(job, server, names),
        scratch_database(job, server, backup.manifest.locale.get("encoding") or "UTF8") as target,
    ):
        fill_postgresql(job, backup, target, whole=False, owners=superuser)
        checks["constraints"] = OK
        examine(job, backup, target, checks, owners=superuser, catalogs=False)
        checks["owners"] = OK if superuser else "not restored: the role of scratch_database_uri is no superuser"


def _server(job: Job) -> Address:
    """The server that is set for it; else, in development, that of the database itself."""
    named = job.settings.scratch_database_uri.get_secret_value()
    if named.startswith("sqlite:") or (not named and not job.settings.is_postgresql):
        raise BackupError(
            "a backup of PostgreSQL is proven on a PostgreSQL server: set scratch_database_uri to the address of one"
        )
    return Address.parse(named or job.settings.database_direct)
