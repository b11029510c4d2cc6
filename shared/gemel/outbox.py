"""Tell ``@committed`` hooks what was committed (``docs/hooks.md``; docs/decisions.md, 14).

What is to be told was recorded in the transaction that wrote it. It is told at least once: the record is deleted in a
transaction that begins before the hook is called and ends when it has come back.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from gemel.hooks import Event, Hook
from gemel.serve import Engine
from gemel.state.tables import state_tables

PAUSE_SECONDS = 1.0
"""Between two looks."""
MOST_ATTEMPTS = 16
"""Then an event is dead, and waits for somebody to look at it (``scripts.py outbox``)."""
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_ERROR = 2000
"""Characters that are kept of what a hook raised."""


async def deliver_until(engine: Engine, stop: asyncio.Event) -> None:
    """Tell what there is to tell until ``stop`` is set; the hook that is under way is waited for.

    A database that cannot be reached is asked again.
    """
    log = structlog.get_logger("gemel.outbox")
    if not engine.settings.state or not engine.app.hooks.committed:
        return
    while not stop.is_set():
        try:
            while not stop.is_set() and await deliver_one(engine, datetime.now(UTC)):
                pass
        except (sa.exc.SQLAlchemyError, OSError) as error:
            log.error("outbox.unreachable", error=type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
        except TimeoutError:
            continue


async def deliver_one(engine: Engine, now: datetime) -> bool:
    """Tell one event that is due.

    Several may do this at the same time: nobody takes what another is about to tell, and events of a row are told to a
    hook in the order in which they were committed.

    :returns: false if there is none.
    """
    outbox = state_tables(postgresql=engine.settings.is_postgresql).outbox
    row: Any = None
    try:
        async with engine.session(writes=True) as session:
            row = (await session.execute(_due(outbox, now))).mappings().first()
            if row is None:
                return False
            hook = _hook(engine, row)
            # PostgreSQL keeps the row locked meanwhile; SQLite, which has one process here, would lock all writers out.
            within = engine.settings.is_postgresql or hook.takes_session
            if within:
                await _tell(hook, row, session)
                await session.execute(sa.delete(outbox).where(outbox.c.id == row["id"]))
        if not within:
            await _tell(hook, row, None)
            async with engine.session(writes=True) as session:
                await session.execute(sa.delete(outbox).where(outbox.c.id == row["id"]))
    except Exception as error:  # of the hook, or of what it wrote; without a row it is the database's
        if row is None:
            raise
        await _failed(engine, outbox, row, error, now)
    return True


class _NoHookError(Exception):
    """The app has no hook of this name any more."""


def _hook(engine: Engine, row: Any) -> Hook:
    found = engine.app.hooks.committed.get(row["hook"])
    if found is None:
        raise _NoHookError(f"there is no hook {row['hook']} any more")
    return found


def _due(outbox: sa.Table, now: datetime) -> sa.Select[Any]:
    earlier = outbox.alias()
    same = [earlier.c[name] == outbox.c[name] for name in ("hook", "source", "row_key")]
    behind = sa.exists().where(earlier.c.id < outbox.c.id, earlier.c.status == "waiting", *same)
    due = sa.select(outbox).where(outbox.c.status == "waiting", outbox.c.due_at <= now, ~behind)
    return due.order_by(outbox.c.id).limit(1).with_for_update(skip_locked=True)


async def _tell(hook: Hook, row: Any, session: AsyncSession | None) -> None:
    event = Event(
        row["id"], row["verb"], row["source"], json.loads(row["row_key"]),
        None if row["old"] is None else json.loads(row["old"]),
        None if row["new"] is None else json.loads(row["new"]),
        row["trace_id"],
    )  # fmt: skip
    with structlog.contextvars.bound_contextvars(**({"trace_id": row["trace_id"]} if row["trace_id"] else {})):
        await _call(hook)(event, session)


def _call(hook: Hook) -> Callable[[Event, Any], Awaitable[object]]:
    """How a hook is called: one that neither awaits nor takes a session may take its time, in a thread."""
    if hook.is_async:
        return lambda event, session: hook.call(event, session) if hook.takes_session else hook.call(event)
    if hook.takes_session:
        return lambda event, session: session.run_sync(lambda sync: hook.call(event, sync))
    return lambda event, _: asyncio.to_thread(hook.call, event)


async def _failed(engine: Engine, outbox: sa.Table, row: Any, error: Exception, now: datetime) -> None:
    attempts = row["attempts"] + 1
    dead = attempts >= MOST_ATTEMPTS or isinstance(error, _NoHookError)
    log = structlog.get_logger("gemel.outbox").bind(hook=row["hook"], event=row["id"], attempts=attempts)
    log.error("outbox.dead" if dead else "outbox.failed", exc_info=error)
    text = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    due = now + min(timedelta(seconds=2**attempts), LONGEST_PAUSE)
    changes = {"attempts": attempts, "status": "dead" if dead else "waiting", "due_at": due, "error": text}
    async with engine.session(writes=True) as session:
        await session.execute(sa.update(outbox).where(outbox.c.id == row["id"]).values(changes))
