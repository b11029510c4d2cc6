"""PostgreSQL: ``pg_dump`` in directory format, and the rows of all tables, of one snapshot."""

from pathlib import Path

from psycopg import IsolationLevel
from psycopg.rows import tuple_row

from gemel_backup.child import child
from gemel_backup.clients import Client, find_client
from gemel_backup.job import Job
from gemel_backup.postgresql import Address, Connection, server_major, server_version
from gemel_backup.tables import EXCLUDED, count_postgresql
from gemel_backup.take.lock import shared_lock
from gemel_backup.take.taken import Taken

DUMP = "dump"
LOCALE_KEYS = ("encoding", "datlocprovider", "datcollate", "datctype", "datlocale", "daticulocale")
LOCALE = """
    SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding))
    FROM pg_database d WHERE d.datname = current_database()"""


def take_postgresql(job: Job, folder: Path) -> Taken:
    """Dump the database of the settings into ``folder``/dump.

    :raises BackupError: it cannot be reached or dumped, or there is no ``pg_dump`` that fits.
    :raises Yielded: a migration held the lock too long, or the work was stopped.
    """
    address = Address.parse(job.settings.database_direct)
    with address.connect(job) as lock, shared_lock(lock, job), address.connect(job) as connection:
        client = find_client("pg_dump", server_major(connection))
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():
            return _take(job, folder, address, connection, client)


def _take(job: Job, folder: Path, address: Address, connection: Connection, client: Client) -> Taken:
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(f"SET LOCAL {name} = 0")  # the snapshot is needed until pg_dump has ended
    connection.execute("SET LOCAL row_security = off")  # fail rather than count a part
    snapshot = _one(connection, "SELECT pg_export_snapshot()")
    with child(_command(client, address, folder, str(snapshot), job), address.environment) as dump:
        tables = count_postgresql(connection, job)
        revision = _revision(connection)
        dump.wait(job)
    return Taken(
        kind="postgresql",
        server_version=server_version(connection),
        tool=str(client),
        revision=revision,
        tables=tables,
        locale=locale_of(connection),
    )


def _command(client: Client, address: Address, folder: Path, snapshot: str, job: Job) -> list[str]:
    return [
        str(client.path),
        "--format=directory",
        f"--jobs={job.jobs}",
        f"--file={folder / DUMP}",
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={int(job.limit * 1000)}",
        "--no-password",
        *(f"--exclude-table-data={name}" for name in EXCLUDED),
        f"--dbname={address.conninfo}",
    ]


def _revision(connection: Connection) -> str | None:
    if _one(connection, "SELECT to_regclass('alembic_version')") is None:
        return None
    found = _one(connection, "SELECT string_agg(version_num, ',' ORDER BY version_num) FROM alembic_version")
    return None if found is None else str(found)


def locale_of(connection: Connection) -> dict[str, str | None]:
    """Encoding and collation of the connection's database, as far as this version of PostgreSQL has them."""
    found = _one(connection, LOCALE)
    row = found if isinstance(found, dict) else {}
    return {key: None if row[key] is None else str(row[key]) for key in LOCALE_KEYS if key in row}


def _one(connection: Connection, query: str) -> object:
    row = connection.cursor(row_factory=tuple_row).execute(query.encode()).fetchone()
    return row[0] if row is not None else None
