"""What administrators do by commands is written down (table ``audit``)."""

import getpass
import json
import sys
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from gemel.settings import Settings
from gemel.state.tables import state_tables
from gemel_backup.connect import make_engine, transaction
from gemel_backup.errors import BackupError


def record(connection: sa.Connection, settings: Settings, action: str, subject: str, **details: Any) -> None:
    """Write an action down, in the transaction that does it.

    :param action: the command, as in ``key make``.
    :param subject: what it was done to.
    :param details: no secrets.
    """
    table = state_tables(postgresql=settings.is_postgresql).audit
    connection.execute(
        sa.insert(table).values(
            at=datetime.now(UTC),
            who=_user(),
            action=action,
            subject=subject,
            details=json.dumps(details, default=str) if details else None,
        )
    )


def note(settings: Settings, action: str, subject: str, **details: Any) -> None:
    """Write down what was done elsewhere; where that cannot be, it is told and nothing fails.

    :param action: as of ``record``.
    """
    if not settings.state:
        return
    try:
        with transaction(make_engine(settings)) as connection:
            record(connection, settings, action, subject, **details)
    except BackupError as error:
        sys.stderr.write(f"{action} is not in the audit table: {error.message}\n")


def _user() -> str:
    """Who runs the command, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return "unknown"
