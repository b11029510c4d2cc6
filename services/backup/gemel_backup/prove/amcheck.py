"""Look at every page and index of a restored database (https://www.postgresql.org/docs/current/app-pgamcheck.html)."""

from typing import Final

from gemel_backup.child import child
from gemel_backup.clients import find_client
from gemel_backup.errors import BackupError, Unproven, Yielded
from gemel_backup.evidence.postgresql import rows
from gemel_backup.job import Job
from gemel_backup.postgresql import Address, server_major

AVAILABLE: Final = """
    SELECT rolsuper AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'amcheck')
    FROM pg_roles WHERE rolname = current_user"""


def amcheck(job: Job, target: Address, *, catalogs: bool) -> str:
    """Check a database that is ours alone.

    :param catalogs: those of PostgreSQL, too; their pages come from a backup if all files do. Those of
        ``information_schema`` are always looked at, since the program fails where there is nothing to check.
    :return: ``ok``, or why it was not done: it needs the program, the extension ``amcheck`` and a superuser.
    :raises Unproven: something is damaged.
    """
    with target.connect(job) as connection:
        if rows(connection, AVAILABLE) != [(True,)]:
            return "not done: the server lacks the extension amcheck, or its role is no superuser"
        try:
            client = find_client("pg_amcheck", server_major(connection))
        except BackupError as error:
            return f"not done: {error.message}"
        connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA pg_catalog")
    command = [
        str(client.path),
        "--no-password",
        f"--jobs={job.jobs}",
        "--no-strict-names",
        *([] if catalogs else ["--exclude-schema=pg_catalog"]),
        target.database,
    ]
    with child(command, target.whole_environment) as process:
        try:
            process.wait(job)
        except Yielded:
            raise
        except BackupError as error:
            raise Unproven(f"the restored database is damaged: {error.message}") from error
    return "ok"
