"""Which database an address means."""

from pathlib import Path
from typing import Final

from gemel.settings import Settings
from gemel_backup.errors import BackupError
from gemel_backup.evidence.postgresql import rows
from gemel_backup.job import Job
from gemel_backup.postgresql import Address

SQLITE: Final = "sqlite:///"
MAINTENANCE: Final = ("postgres", "template1")


def path_of(target: str) -> Path:
    """File of a ``sqlite:///`` address."""
    return Path(target.removeprefix(SQLITE))


def is_live(settings: Settings, target: str) -> bool:
    """Whether an address is that of the database of the settings, however it is written."""
    if target.startswith(SQLITE) or not settings.is_postgresql:
        same = not settings.is_postgresql and path_of(target).resolve() == settings.sqlite_path.resolve()
        return target.startswith(SQLITE) and same
    places = [place(Address.parse(uri)) for uri in (settings.database, settings.database_direct)]
    return place(Address.parse(target)) in places


def place(address: Address) -> tuple[str, str, str]:
    """Host, port and database; this machine by one name."""
    host = address.parameters.get("host", "localhost")
    return (
        "localhost" if host in {"127.0.0.1", "::1"} else host,
        address.parameters.get("port", "5432"),
        address.database,
    )


def maintenance(job: Job, target: Address) -> Address:
    """A database of the server from which others can be made, renamed or dropped.

    :raises BackupError: the server cannot be reached.
    """
    failure: BackupError | None = None
    for name in MAINTENANCE:
        server = target.with_database(name)
        try:
            with server.connect(job) as connection:
                rows(connection, "SELECT 1")
        except BackupError as error:
            failure = failure or error
        else:
            return server
    raise failure or BackupError(f"{target} cannot be reached")
