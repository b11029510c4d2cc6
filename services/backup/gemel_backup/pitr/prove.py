"""Prove a base backup: recover it to the moment of its evidence, and compare."""

from gemel_backup.job import Job
from gemel_backup.keep.manifest import Base
from gemel_backup.keep.unpack import Unpacked
from gemel_backup.pitr.barman import open_barman
from gemel_backup.pitr.recover import Goal, recovered
from gemel_backup.pitr.verify import verify_base
from gemel_backup.prove.examine import OK, Checks, examine


def prove_base(job: Job, backup: Unpacked, base: Base, checks: Checks) -> None:
    """Recover it to its restore point on a server of its own, and look at all of it.

    :param backup: its manifest and evidence; the files are Barman's.
    :param base: of the manifest.
    :param checks: what was looked at is written here.
    :raises BackupError: it cannot be recovered.
    :raises Unproven: what came out is not what was there.
    """
    barman = open_barman(job)
    manifest = backup.manifest
    checks["files"] = verify_base(job, barman, manifest.id)
    with recovered(job, barman, manifest.id, Goal(restore_point=base.restore_point)) as target:
        checks["recovered"] = OK
        examine(job, backup, target, checks, owners=True, catalogs=True)
