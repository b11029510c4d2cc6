"""Two beats and three workers over a long time, with all that happens to them: nothing twice, and no silent gap."""

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim
from sqlalchemy import create_engine, select
from sqlalchemy.pool import StaticPool

from figures import write_figures
from gemel.state.tables import state_tables
from gemel_backup.schedule.slots import LEASE, Claim, Slots, utc
from gemel_backup.schedule.tick import MOST_ATTEMPTS, Schedule

START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 732
DAYS = int(os.environ.get("GEMEL_TEST_DAYS", "732"))
SCHEDULE = Schedule("backup", "0 */3 * * *")
TICK = timedelta(minutes=15)
"""Fewer than in truth; what is due waits for one either way."""


@dataclass
class Work:
    """A worker has begun on a claim."""

    claim: Claim
    until: datetime
    renewed: datetime
    dies: bool


@dataclass
class World:
    """Beats, a broker, workers, and a clock that is not always right."""

    slots: Slots
    chance: random.Random
    true: datetime = START
    off: timedelta = timedelta()
    queue: list[Claim] = field(default_factory=list)
    working: dict[int, Work] = field(default_factory=dict)
    done: Counter[datetime] = field(default_factory=Counter)
    begun: Counter[datetime] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    away: datetime = START
    """Until when everything is down."""

    @property
    def now(self) -> datetime:
        return self.true + self.off

    def tick(self) -> None:
        """A beat's message reached a worker."""
        self.queue += self.slots.claim_due(SCHEDULE, self.now)

    def begin(self, worker: int) -> None:
        """A free worker takes a message."""
        if worker in self.working or not self.queue:
            return
        message = self.queue.pop(self.chance.randrange(len(self.queue)))
        if self.chance.random() < 0.1:
            self.queue.append(message)
            self.events["message twice"] += 1
        claim = self.slots.begin(message, self.now)
        if claim is None:
            self.events["void"] += 1
            return
        for other in self.working.values():
            alive = other.renewed + LEASE > self.now
            assert not (alive and other.claim.due_at == claim.due_at), f"{claim.due_at} is worked on twice"
        assert self.done[claim.due_at] == 0, f"{claim.due_at} is done and begun again"
        self.begun[claim.due_at] += 1
        lasts = timedelta(minutes=self.chance.choice([1, 5, 20, 90]))
        self.working[worker] = Work(claim, self.now + lasts, self.now, dies=self.chance.random() < 0.05)

    def go_on(self, worker: int) -> None:
        """It renews its lease, ends, or dies."""
        work = self.working.get(worker)
        if work is None:
            return
        if work.dies and self.chance.random() < 0.3:
            self.events["died"] += 1
            del self.working[worker]
        elif self.now >= work.until:
            if self.slots.finish(work.claim, "done" if self.chance.random() < 0.9 else "failed"):
                self.done[work.claim.due_at] += 1
            del self.working[worker]
        elif self.slots.renew(work.claim, self.now):
            work.renewed = self.now
        else:
            self.events["lost"] += 1
            del self.working[worker]

    def mishap(self) -> None:
        """Now and then something befalls all of them."""
        match self.chance.randrange(4000):
            case 0 | 1 | 2:
                self.queue.clear()
                self.events["broker emptied"] += 1
            case 3:
                self.away = self.true + timedelta(hours=self.chance.choice([1, 7, 30, 100]))
                self.working.clear()
                self.events["all down"] += 1
            case 4:
                self.off = timedelta(minutes=self.chance.choice([0, 90, 200, -90]))
                self.events["clock jumped"] += 1


def live(days: int, seed: int) -> dict[str, int]:
    """Let time go by; gives what happened."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    tables = state_tables(postgresql=False)
    tables.metadata.create_all(engine)
    world = World(Slots(engine), random.Random(seed))
    # A lease outlives the pauses between two looks: in truth it is renewed four times as often.
    step = LEASE / 2
    next_tick = [START, START + timedelta(minutes=2)]
    while world.true < START + timedelta(days=days):
        world.mishap()
        if world.true >= world.away:
            for beat in range(2):
                if world.true >= next_tick[beat]:
                    world.tick()
                    next_tick[beat] = world.true + TICK
            for worker in range(3):
                world.go_on(worker)
                world.begin(worker)
        world.true += step if world.working else timedelta(minutes=5)
    rows = {utc(row.due_at): row for row in _rows(engine, tables.slots)}
    first, last = min(rows), max(rows)
    expected = [first]
    for due in CronSim(SCHEDULE.cron, first):
        if due > last:
            break
        expected.append(due)
    assert sorted(rows) == expected, "a gap that nobody recorded"
    assert all(count == 1 for count in world.done.values())
    assert all(count <= MOST_ATTEMPTS for count in world.begun.values())
    for due, row in rows.items():
        assert row.status != "claimed" or due > last - timedelta(days=1), f"{due} is claimed for ever"
        assert row.status != "missed" or world.begun[due] == 0
    engine.dispose()
    statuses = Counter(row.status for row in rows.values())
    return {**{f"slots {name}": count for name, count in statuses.items()}, **world.events, "slots": len(rows)}


def _rows(engine: object, table: object) -> list[object]:
    with engine.begin() as connection:  # type: ignore[attr-defined]
        return list(connection.execute(select(table)))  # type: ignore[call-overload]


def test_sixty_days() -> None:
    found = live(60, SEED)
    assert found["slots done"] > 300
    assert found["died"] > 0


@pytest.mark.soak
def test_two_years() -> None:
    found = live(DAYS, SEED)
    assert set(found) >= {"died", "all down", "broker emptied", "clock jumped", "slots missed", "slots expired"}
    write_figures("backup-schedule", {"days": DAYS, "twice": 0, "unrecorded": 0, **found}, seed=SEED)
