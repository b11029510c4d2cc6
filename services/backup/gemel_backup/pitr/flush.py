"""Let all that was committed be received."""

import time
from typing import Final

from gemel_backup.errors import BackupError
from gemel_backup.evidence.postgresql import rows
from gemel_backup.job import POLL_SECONDS, Job
from gemel_backup.pitr.barman import Barman
from gemel_backup.pitr.configuration import SERVER
from gemel_backup.postgresql import Address

MOST_SECONDS: Final = 120.0


def flush(job: Job, barman: Barman) -> None:
    """End the file that the database writes its changes to, and wait until it is in Barman's archive.

    A commit follows, which a recovery to this moment needs in order to know that it has come there; and without
    anything after it a file that has ended would not be known to have.

    :raises Unreachable: the database is away; what was received until then can be recovered.
    :raises BackupError: it was not received in time.
    """
    with Address.parse(job.settings.database_direct).connect(job) as connection:
        [(ended,)] = rows(connection, "SELECT pg_walfile_name(pg_switch_wal())")
        connection.execute("SELECT pg_logical_emit_message(true, 'gemel', 'a file has ended')")
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        barman.run(job, "archive-wal", SERVER)
        if barman.archived() >= ended:
            return
        if time.monotonic() >= deadline:
            raise BackupError(
                f"changes ({ended}) were not received in {MOST_SECONDS:g} seconds: is the service running?"
            )
        time.sleep(POLL_SECONDS)
