"""PostgreSQL: into a database made for it, which then takes the name; into an empty one in one transaction."""

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from gemel_backup.errors import BackupError
from gemel_backup.evidence import schema
from gemel_backup.evidence.postgresql import rows
from gemel_backup.job import Job
from gemel_backup.keep.unpack import Unpacked
from gemel_backup.postgresql import Address
from gemel_backup.prove.load import load_postgresql
from gemel_backup.prove.scratch import create_database, drop_database, exists, rename_database
from gemel_backup.restore.places import maintenance

OCCUPIED: Final = f"""
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname {schema.SYSTEM} AND {schema.free("pg_class", "c.oid")}"""  # noqa: S608 - texts of our own


def restore_postgresql(job: Job, backup: Unpacked, target: Address, tables: Sequence[str], *, owners: bool) -> None:
    """:raises BackupError: the database holds something."""
    server = maintenance(job, target)
    with server.connect(job) as connection:
        there = exists(connection, target.database)
    if not there:
        _make(job, backup, server, target, tables, owners=owners)
        return
    with target.connect(job) as connection:
        if rows(connection, OCCUPIED) != [(0,)]:
            raise BackupError(f"{target} is not empty: restore into another one; `backup switch` then puts it in place")
    load_postgresql(job, backup, target, whole=True, owners=owners, tables=tables)


def _make(job: Job, backup: Unpacked, server: Address, target: Address, tables: Sequence[str], *, owners: bool) -> None:
    new = server.with_database(f"{target.database[:40]}_restore_{os.urandom(4).hex()}")
    with server.connect(job) as connection:
        create_database(connection, new.database, backup.manifest.locale)
        try:
            load_postgresql(job, backup, new, whole=False, owners=owners, tables=tables)
            rename_database(connection, new.database, target.database)
        except BaseException:
            with suppress(BackupError), server.connect(Job(job.settings)) as again:
                drop_database(again, new.database)
            raise
