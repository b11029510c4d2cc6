"""Who does what is due is decided by the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from backup.helpers import query
from gemel.settings import Settings
from gemel.state.tables import table_name
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError
from gemel_backup.schedule.slots import LEASE, Claim, Slots
from gemel_backup.schedule.tick import Action, Schedule

NOW = datetime(2026, 1, 10, 3, 0, 5, tzinfo=UTC)
DUE = datetime(2026, 1, 10, 3, tzinfo=UTC)
SCHEDULE = Schedule("backup", "0 3 * * *")
LIMIT = 60


def slots_of(settings: Settings) -> Slots:
    return Slots(make_engine(settings))


def rows(settings: Settings) -> list[tuple[str, int, str | None]]:
    schema, name = table_name("slot", postgresql=settings.is_postgresql)
    return query(
        settings, f"SELECT status, attempts, error FROM {schema + '.' if schema else ''}{name} ORDER BY due_at"
    )


def at_once(settings: Settings, count: int, action: Action) -> list[Claim]:
    """Claims that some threads, each with an engine of its own, had when they tried at the same moment."""
    barrier = threading.Barrier(count)

    def attempt() -> Claim | None:
        slots = slots_of(settings)
        barrier.wait(LIMIT)
        return slots.do(action, NOW)

    with ThreadPoolExecutor(count) as pool:
        found = [future.result(LIMIT) for future in [pool.submit(attempt) for _ in range(count)]]
    return [claim for claim in found if claim is not None]


def test_of_several_that_claim_one_has_it(chinook: Settings) -> None:
    for day in range(1, 6):
        due = DUE.replace(day=day)
        assert [claim.due_at for claim in at_once(chinook, 4, Action("claim", "backup", due))] == [due]
    assert rows(chinook) == [("claimed", 0, None)] * 5


def begun(slots: Slots, now: datetime) -> Claim:
    """The one claim that is due, begun."""
    [claim] = slots.claim_due(SCHEDULE, now)
    found = slots.begin(claim, now)
    assert found is not None
    return found


def test_of_several_that_repeat_one_has_it(chinook: Settings) -> None:
    slots = slots_of(chinook)
    claim = begun(slots, NOW)
    assert slots.finish(claim, "yielded", "gave way")
    [seen] = slots.read(SCHEDULE, NOW)
    assert len(at_once(chinook, 4, Action("again", "backup", DUE, seen))) == 1
    assert rows(chinook) == [("claimed", 0, "gave way")], "to give way costs no attempt"


def test_expired_lease_is_recorded_and_done_once_more(chinook: Settings) -> None:
    slots = slots_of(chinook)
    first = begun(slots, NOW)
    assert slots.claim_due(SCHEDULE, NOW + LEASE - timedelta(seconds=1)) == []
    assert slots.claim_due(SCHEDULE, NOW + LEASE) == []
    [(status, attempts, error)] = rows(chinook)
    assert (status, attempts) == ("expired", 1)
    assert error is not None
    assert first.owner in error
    later = NOW + LEASE + timedelta(seconds=15)
    second = begun(slots, later)
    assert not slots.renew(first, later)
    assert not slots.finish(first, "done")
    assert slots.begin(first, later) is None
    assert rows(chinook) == [("claimed", 2, error)]
    assert slots.claim_due(SCHEDULE, later + LEASE) == []
    assert slots.claim_due(SCHEDULE, later + 2 * LEASE) == []
    assert [row[:2] for row in rows(chinook)] == [("expired", 2)]
    assert not slots.finish(second, "done")


def test_renewed_lease_does_not_expire(chinook: Settings) -> None:
    slots = slots_of(chinook)
    claim = begun(slots, NOW)
    assert slots.renew(claim, NOW + LEASE / 2)
    assert slots.claim_due(SCHEDULE, NOW + LEASE) == []
    assert rows(chinook) == [("claimed", 1, None)]
    assert slots.finish(claim, "done")
    assert slots.claim_due(SCHEDULE, NOW + 2 * LEASE) == []


def test_message_that_comes_twice_is_begun_once(chinook: Settings) -> None:
    slots = slots_of(chinook)
    [sent] = slots.claim_due(SCHEDULE, NOW)
    message = sent.to_json()
    begun = slots.begin(Claim.from_json(message), NOW)
    assert begun is not None
    assert slots.begin(Claim.from_json(message), NOW) is None
    assert slots.finish(begun, "done")


def test_database_before_its_migration_is_told(database: Settings) -> None:
    if not database.is_postgresql:
        database.sqlite_path.touch()
    with pytest.raises(BackupError, match=r"Gemel's own tables: .*slot"):
        slots_of(database).claim_due(SCHEDULE, NOW)


def test_message_that_was_lost_costs_no_attempt(chinook: Settings) -> None:
    """The broker was emptied, again and again: the work was never begun, and so is not given up."""
    slots, now = slots_of(chinook), NOW
    for _ in range(5):
        assert len(slots.claim_due(SCHEDULE, now)) == 1
        now += LEASE
        assert slots.claim_due(SCHEDULE, now) == []
    assert begun(slots, now).due_at == DUE


def test_missed_slots_are_recorded_once(chinook: Settings) -> None:
    slots = slots_of(chinook)
    assert slots.finish(begun(slots, NOW), "done")
    later = NOW + timedelta(days=3)
    assert [claim.due_at for claim in slots.claim_due(SCHEDULE, later)] == [DUE + timedelta(days=3)]
    assert slots_of(chinook).claim_due(SCHEDULE, later) == []
    assert [row[:2] for row in rows(chinook)] == [("done", 1), ("missed", 0), ("missed", 0), ("claimed", 0)]
    assert slots.counts() == {("backup", "done"): 1, ("backup", "missed"): 2, ("backup", "claimed"): 1}
    [newest] = slots.newest()
    assert newest.due_at == DUE + timedelta(days=3)
    slots.forget(DUE + timedelta(days=2))
    assert len(rows(chinook)) == 2
