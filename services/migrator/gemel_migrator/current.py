"""Gemel's record of the app's revisions: which were applied, when, and what they are compatible with."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from sqlalchemy import Connection, Table, func, insert, select

from gemel.state.readiness import Revision
from gemel.state.tables import state_tables

TICK = timedelta(microseconds=1)


def applied_revisions(connection: Connection) -> tuple[Revision, ...]:
    """The recorded revisions in the order of their application."""
    table = _table(connection)
    query = select(table.c.revision, table.c.compatible_from).order_by(table.c.applied_at, table.c.revision)
    return tuple(Revision(row.revision, row.compatible_from) for row in connection.execute(query))


def record(*, ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
    """Alembic calls this within the transaction of each revision (docs/decisions.md, 30)."""
    connection = ctx.connection
    if connection is None:  # offline mode writes SQL text; there is no database to record in
        return
    if step.is_upgrade:
        for script in step.up_revisions:
            if isinstance(script, Script):
                _insert(connection, script)
    else:
        table = _table(connection)
        connection.execute(table.delete().where(table.c.revision.in_(step.up_revision_ids)))


def reconcile(connection: Connection, applied: Iterable[Script]) -> None:
    """Make the record agree with what Alembic says was applied (it was not kept while ``state`` was off).

    :param applied: in the order of their application.
    """
    known = {row.revision for row in applied_revisions(connection)}
    scripts = list(applied)
    for script in scripts:
        if script.revision not in known:
            _insert(connection, script)
    table = _table(connection)
    stale = known - {script.revision for script in scripts}
    connection.execute(table.delete().where(table.c.revision.in_(sorted(stale))))


def compatible_from(script: Script) -> str | None:
    """What the revision's file declares."""
    value: str | None = getattr(script.module, "compatible_from", None)
    return value


def _insert(connection: Connection, script: Script) -> None:
    table = _table(connection)
    last = connection.execute(select(func.max(table.c.applied_at))).scalar_one()
    now = datetime.now(UTC)
    if last is not None:  # the order must survive a clock that was set back
        now = max(now, (last if last.tzinfo else last.replace(tzinfo=UTC)) + TICK)
    connection.execute(
        insert(table).values(revision=script.revision, compatible_from=compatible_from(script), applied_at=now)
    )


def _table(connection: Connection) -> Table:
    return state_tables(postgresql=connection.dialect.name == "postgresql").revisions
