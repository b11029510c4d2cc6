"""What administrators do by commands is written down (table ``audit``)."""

import getpass
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from gemel.settings import Settings
from gemel.state.tables import state_tables


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


def _user() -> str:
    """Who runs the command, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return "unknown"
