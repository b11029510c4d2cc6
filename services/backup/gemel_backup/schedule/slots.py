"""The table of slots: who does what is due is decided by who inserts or changes its row."""

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gemel.state.tables import state_tables
from gemel_backup.connect import transaction
from gemel_backup.schedule.tick import Action, Schedule, Slot, follow, tick

LEASE = timedelta(minutes=2)
"""How long a claim counts as alive after its last sign of life."""


@dataclass(frozen=True)
class Claim:
    """The right to do a slot. ``owner`` names one claim, so that whoever does not hold it any more can know."""

    kind: str
    due_at: datetime
    owner: str

    def to_json(self) -> dict[str, str]:
        """For a message."""
        return {"kind": self.kind, "due_at": self.due_at.isoformat(), "owner": self.owner}

    @classmethod
    def from_json(cls, value: dict[str, str]) -> "Claim":
        """From a message."""
        return cls(value["kind"], datetime.fromisoformat(value["due_at"]), value["owner"])


class Slots:
    """The slots of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._table = state_tables(postgresql=engine.dialect.name == "postgresql").slots

    def claim_due(
        self, schedule: Schedule, now: datetime, on_missed: Callable[[list[datetime]], None] | None = None
    ) -> list[Claim]:
        """Claim what is due. Of several that try at once one has each slot.

        :param on_missed: told the times that nobody did, by whoever goes on after them.
        :raises BackupError: the table is not there or not to be reached.
        :raises SettingsError: the cron expression is not one.
        """
        actions = tick(schedule, now, self.read(schedule, now))
        missed = [action for action in actions if action.verb == "miss"]
        self._miss(missed, schedule.cron, now)
        done = [self.do(action, now, schedule.cron) for action in actions if action.verb != "miss"]
        claims = [claim for claim in done if claim is not None]
        if missed and claims and on_missed is not None:  # of several that have seen the gap one has the claim
            on_missed([action.due_at for action in missed])
        return claims

    def claim_once(self, kind: str, due_at: datetime, now: datetime, pause: timedelta | None = None) -> Claim | None:
        """Claim what is due at a time of its own; the parameters are those of :func:`follow`."""
        query = select(self._table).where(self._table.c.kind == kind, self._table.c.due_at == due_at)
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        action = follow(kind, due_at, now, _slot(row) if row is not None else None, pause)
        return self.do(action, now) if action is not None else None

    def newest(self) -> list[Slot]:
        """The newest slot of each kind."""
        columns = self._table.c
        newest = select(columns.kind, func.max(columns.due_at).label("due_at")).group_by(columns.kind).subquery()
        query = select(self._table).join(newest, and_(columns.kind == newest.c.kind, columns.due_at == newest.c.due_at))
        with transaction(self._engine) as connection:
            return [_slot(row) for row in connection.execute(query)]

    def counts(self) -> dict[tuple[str, str], int]:
        """How many slots there are, by kind and status."""
        columns = self._table.c
        query = select(columns.kind, columns.status, func.count()).group_by(columns.kind, columns.status)
        with transaction(self._engine) as connection:
            return {(kind, status): int(count) for kind, status, count in connection.execute(query)}

    def forget(self, before: datetime) -> None:
        """Delete what ended long ago."""
        columns = self._table.c
        with transaction(self._engine) as connection:
            connection.execute(delete(self._table).where(columns.due_at < before, columns.status != "claimed"))

    def read(self, schedule: Schedule, now: datetime) -> Sequence[Slot]:
        """The slots that :func:`tick` has to know."""
        columns = self._table.c
        newest = select(func.max(columns.due_at)).where(columns.kind == schedule.kind, columns.due_at <= now)
        query = select(self._table).where(
            columns.kind == schedule.kind,
            or_(
                columns.due_at >= now - schedule.window,
                columns.status == "claimed",
                columns.due_at == newest.scalar_subquery(),
            ),
        )
        with transaction(self._engine) as connection:
            return [_slot(row) for row in connection.execute(query)]

    def do(self, action: Action, now: datetime, cron: str | None = None) -> Claim | None:
        """Do what :func:`tick` has decided; ``None`` if nothing is to be worked on, or another was faster.

        :param cron: by which the slot is due.
        """
        if action.seen is None:
            return self._insert(action, now, cron)
        if action.verb == "expire":
            self._change(action.seen, status="expired", error=_gone(action.seen))
            return None
        claim = Claim(action.kind, action.due_at, new_owner())
        changes = {"status": "claimed", "owner": claim.owner, "lease_until": now + LEASE}
        return claim if self._change(action.seen, **changes) else None

    def begin(self, claim: Claim, now: datetime) -> Claim | None:
        """Begin to work on what was claimed, here or in another process; ``None`` if the claim does not count any more,
        or work on it was begun before."""
        begun = Claim(claim.kind, claim.due_at, new_owner())
        changes = {"owner": begun.owner, "lease_until": now + LEASE, "attempts": self._table.c.attempts + 1}
        return begun if self._update(claim, **changes) else None

    def renew(self, claim: Claim, now: datetime) -> bool:
        """Give a sign of life; false if the claim does not count any more."""
        return self._update(claim, lease_until=now + LEASE)

    def finish(self, claim: Claim, status: str, error: str | None = None) -> bool:
        """Record the end of the work, unless the claim does not count any more. To give way costs no attempt."""
        changes: dict[str, object] = {"status": status} if error is None else {"status": status, "error": error}
        if status == "yielded":
            changes["attempts"] = self._table.c.attempts - 1
        return self._update(claim, **changes)

    def _miss(self, actions: Sequence[Action], cron: str, now: datetime) -> None:
        """Record what nobody did, unless somebody has recorded something else."""
        if not actions:
            return
        row = {"status": "missed", "owner": new_owner(), "lease_until": now, "attempts": 0, "schedule": cron}
        rows = [{"kind": action.kind, "due_at": action.due_at, **row} for action in actions]
        with transaction(self._engine) as connection:
            connection.execute(self._insert_new(), rows)

    def _insert_new(self) -> Any:
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        return insert(self._table).on_conflict_do_nothing()

    def _insert(self, action: Action, now: datetime, cron: str | None) -> Claim | None:
        claim = Claim(action.kind, action.due_at, new_owner())
        row = {"status": "claimed", "owner": claim.owner, "lease_until": now + LEASE, "attempts": 0, "schedule": cron}
        statement = self._insert_new().values(kind=claim.kind, due_at=claim.due_at, **row)
        with transaction(self._engine) as connection:  # the row comes back only to whoever has inserted it
            return claim if connection.execute(statement.returning(self._table.c.kind)).first() is not None else None

    def _update(self, claim: Claim, **changes: object) -> bool:
        columns = self._table.c
        return self._if(claim.kind, claim.due_at, columns.status == "claimed", columns.owner == claim.owner, changes)

    def _change(self, seen: Slot, **changes: object) -> bool:
        columns = self._table.c
        unchanged = and_(columns.owner == seen.owner, columns.lease_until == seen.lease_until)
        return self._if(seen.kind, seen.due_at, columns.status == seen.status, unchanged, changes)

    def _if(
        self,
        kind: str,
        due_at: datetime,
        status: ColumnElement[bool],
        unchanged: ColumnElement[bool],
        changes: dict[str, object],
    ) -> bool:
        columns = self._table.c
        statement = update(self._table).where(columns.kind == kind, columns.due_at == due_at, status, unchanged)
        with transaction(self._engine) as connection:
            return connection.execute(statement.values(changes)).rowcount == 1


def new_owner() -> str:
    """Says for a person where the work is, and is never the same twice."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"


def utc(value: datetime) -> datetime:
    """A time as the database gave it: SQLite keeps UTC, but not that it is."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _slot(row: Any) -> Slot:
    return Slot(row.kind, utc(row.due_at), row.status, row.owner, utc(row.lease_until), row.attempts, row.schedule)


def _gone(slot: Slot) -> str:
    return (
        f"attempt {slot.attempts}: the lease of {slot.owner} ended at {slot.lease_until.isoformat()} without a result"
    )
