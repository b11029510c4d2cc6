"""What is due, as a table of cases; and that two tickers never both do a slot."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from gemel.errors import SettingsError
from gemel.state.tables import state_tables
from gemel_backup.schedule.slots import LEASE, Claim, Slots
from gemel_backup.schedule.tick import MOST_MISSED, Schedule, Slot, tick

DAILY = Schedule("backup", "0 3 * * *")
MINUTELY = Schedule("backup", "* * * * *", window=timedelta(minutes=5))


def at(text: str) -> datetime:
    """Day, hour, minute and second of January 2026, UTC."""
    return datetime.strptime(f"2026-01-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def slot(due: str, status: str, *, lease: str = "01 00:00:00", attempts: int = 1) -> Slot:
    return Slot("backup", at(due), status, "somebody", at(lease), attempts, DAILY.cron)


CASES = {
    "due to the second": (DAILY, "10 03:00:00", [], [("claim", "10 03:00:00")]),
    "not a second before": (DAILY, "10 02:59:59", [slot("09 03:00:00", "done")], []),
    "missed: made up for": (DAILY, "10 14:00:00", [], [("claim", "10 03:00:00")]),
    "missed for days: recorded, and made up for once": (
        DAILY, "10 14:00:00", [slot("07 03:00:00", "done")],
        [("miss", "08 03:00:00"), ("miss", "09 03:00:00"), ("claim", "10 03:00:00")],
    ),
    "missed, by another expression: not known": (MINUTELY, "10 14:00:00", [slot("07 03:00:00", "done")], [("claim", "10 14:00:00")]),
    "the clock was ahead": (DAILY, "10 14:00:00", [slot("10 03:00:00", "done"), slot("20 03:00:00", "done")], []),
    "missed for minutes: the newest": (MINUTELY, "10 14:10:30", [], [("claim", "10 14:10:00")]),
    "too late": (Schedule("backup", "0 3 * * 1", timedelta(hours=24)), "06 03:00:01", [], []),
    "too late: recorded": (
        Schedule("backup", "0 3 * * *", timedelta(hours=1)), "10 14:00:00", [slot("09 03:00:00", "done")], [("miss", "10 03:00:00")],
    ),
    "just in time": (Schedule("backup", "0 3 * * 1", timedelta(hours=24)), "06 03:00:00", [], [("claim", "05 03:00:00")]),
    "done": (DAILY, "10 14:00:00", [slot("10 03:00:00", "done")], []),
    "failed: not again": (DAILY, "10 14:00:00", [slot("10 03:00:00", "failed")], []),
    "under way": (DAILY, "10 03:00:15", [slot("10 03:00:00", "claimed", lease="10 03:02:00")], []),
    "older one under way": (DAILY, "10 03:00:15", [slot("09 03:00:00", "claimed", lease="10 03:02:00")], []),
    "lease ran out": (
        DAILY, "10 03:02:00", [slot("10 03:00:00", "claimed", lease="10 03:02:00")], [("expire", "10 03:00:00")],
    ),
    "expired: again": (DAILY, "10 03:02:15", [slot("10 03:00:00", "expired")], [("again", "10 03:00:00")]),
    "expired twice: no more": (DAILY, "10 03:02:15", [slot("10 03:00:00", "expired", attempts=2)], []),
    "older one's lease ran out": (
        DAILY, "10 03:00:15", [slot("09 03:00:00", "claimed")], [("expire", "09 03:00:00"), ("claim", "10 03:00:00")],
    ),
    "older one expired: superseded": (DAILY, "10 03:00:15", [slot("09 03:00:00", "expired"), slot("10 03:00:00", "done")], []),
    "gave way: again": (DAILY, "10 03:10:00", [slot("10 03:00:00", "yielded", attempts=7)], [("again", "10 03:00:00")]),
    "gave way long ago": (MINUTELY, "10 14:10:30", [slot("10 14:00:00", "yielded")], [("claim", "10 14:10:00")]),
    "of another kind": (DAILY, "10 03:00:00", [Slot("other", at("10 03:00:00"), "done", "", at("10 03:00:00"), 1)], [("claim", "10 03:00:00")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_tick(case: str) -> None:
    schedule, now, slots, expected = CASES[case]
    assert [(action.verb, action.due_at) for action in tick(schedule, at(now), slots)] == [
        (verb, at(due)) for verb, due in expected
    ]


def test_long_gap_is_recorded_in_several_ticks() -> None:
    last = Slot("backup", at("10 14:00:00"), "done", "", at("10 14:00:00"), 1, MINUTELY.cron)
    now, found = at("10 14:00:00") + timedelta(minutes=MOST_MISSED + 10), []
    first = tick(MINUTELY, now, [last])
    assert [action.verb for action in first] == ["miss"] * MOST_MISSED
    newest = Slot("backup", first[-1].due_at, "missed", "", now, 0, MINUTELY.cron)
    found = [(action.verb, action.due_at) for action in tick(MINUTELY, now, [newest])]
    assert [verb for verb, _ in found] == ["miss"] * 9 + ["claim"]
    assert found[-1][1] == now


@pytest.mark.parametrize("cron", ["", "0 3 * *", "0 0 3 * * *", "61 3 * * *", "0 3 30 2 *", "often"])
def test_wrong_expression_is_told(cron: str) -> None:
    with pytest.raises(SettingsError, match="backup_schedule: .* is not a cron expression"):
        tick(Schedule("backup", cron), at("10 03:00:00"), [])


STEP = st.tuples(st.integers(0, 1), st.sampled_from(["read", "act", "finish", "die"]), st.integers(0, 200))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_two_tickers_never_both_work_on_a_slot(steps: list[tuple[int, str, int]]) -> None:
    """Two tickers read, act upon what they have read (however old), finish or die, in any order."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    tables = state_tables(postgresql=False)
    tables.metadata.create_all(engine)
    slots = [Slots(engine), Slots(engine)]
    plans: list[list[tuple[datetime, object]]] = [[], []]
    working: dict[int, tuple[Claim, datetime]] = {}
    done: set[datetime] = set()
    attempts: dict[datetime, int] = {}
    now = at("10 14:00:00")
    for who, what, seconds in steps:
        now += timedelta(seconds=seconds)
        if what == "read" and who not in working:
            plans[who] = [(now, action) for action in tick(MINUTELY, now, slots[who].read(MINUTELY, now))]
        elif what == "act" and who not in working:
            for _, action in plans[who]:
                claim = slots[who].do(action, now)  # type: ignore[arg-type]
                if claim is not None:
                    alive = [other.due_at for other, until in working.values() if until > now]
                    assert claim.due_at not in alive
                    assert claim.due_at not in done
                    begun = slots[who].begin(claim, now)
                    assert begun is not None
                    attempts[claim.due_at] = attempts.get(claim.due_at, 0) + 1
                    working[who] = (begun, now + LEASE)
            plans[who] = []
        elif what == "finish" and who in working:
            claim, _ = working.pop(who)
            if slots[who].finish(claim, "done"):
                assert claim.due_at not in done
                done.add(claim.due_at)
        elif what == "die":
            working.pop(who, None)
    assert all(count <= 2 for count in attempts.values())
    engine.dispose()


def test_tick_reads_no_clock_and_no_files() -> None:
    source = Path(tick.__code__.co_filename).read_text(encoding="utf-8")
    assert "now()" not in source
    assert "import os" not in source
