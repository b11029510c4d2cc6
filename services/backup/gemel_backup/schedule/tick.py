"""What is due: a pure function of the schedule, the time, and what was done before (docs/decisions.md, 32)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from cronsim import CronSim, CronSimError

from gemel.errors import SettingsError

WINDOW = timedelta(hours=24)
"""How late the newest slot may still be done; what was missed before it is recorded, and not made up for."""
MOST_ATTEMPTS = 2
"""Slots whose worker died are done once more."""
MOST_MISSED = 5000
"""Missed slots that one tick records; the next one goes on."""

Verb = Literal["claim", "expire", "again", "miss"]


@dataclass(frozen=True)
class Schedule:
    """Work that is due at certain times."""

    kind: str
    cron: str
    """Five fields (minute, hour, day of month, month, day of week), in UTC."""
    window: timedelta = WINDOW


@dataclass(frozen=True)
class Slot:
    """A row of the table of slots."""

    kind: str
    due_at: datetime
    status: str
    """``claimed``, ``done``, ``failed``, ``yielded``, ``expired`` or ``missed``."""
    owner: str
    lease_until: datetime
    attempts: int
    """How often work on it was begun."""
    schedule: str | None = None
    """The cron expression by which it was due."""


@dataclass(frozen=True)
class Action:
    """Something to do now, of which a race decides who does it."""

    verb: Verb
    """``claim``: insert the slot; ``expire``: record that its worker is gone; ``again``: claim it once more; ``miss``:
    record that nobody did it."""
    kind: str
    due_at: datetime
    seen: Slot | None = None
    """The row as it was when this was decided; it is changed only if it is still so."""


def tick(schedule: Schedule, now: datetime, slots: Sequence[Slot]) -> list[Action]:
    """What is to be done at ``now``.

    At most one slot of a kind runs at a time. Of the slots that were missed only the newest is done, and only within
    the schedule's window; the others since the last known slot of the same expression are recorded. A claim whose lease
    has run out is recorded, and the slot done once more; one that gave way is done again; both only as long as no newer
    slot is due.

    :param now: the time, with a time zone.
    :param slots: rows of this kind; at least all that are claimed, all due within the window, and the newest that was
        due by now.
    :raises SettingsError: the cron expression is not one.
    """
    known = {slot.due_at: slot for slot in slots if slot.kind == schedule.kind}
    newest = last_due(schedule, now)
    missed = list(islice(_missed(schedule, now, newest, list(known.values())), MOST_MISSED))
    if len(missed) == MOST_MISSED:  # else the gap would be forgotten once a newer slot is known
        return missed
    claimed = [slot for slot in known.values() if slot.status == "claimed"]
    expired = [_act("expire", slot) for slot in claimed if slot.lease_until <= now]
    actions = [*missed, *expired]
    if len(expired) < len(claimed) or newest is None or now - newest > schedule.window:
        return actions
    slot = known.get(newest)
    if slot is None:
        return [*actions, Action("claim", schedule.kind, newest)]
    return [*actions, _act("again", slot)] if _again(slot) and not expired else actions


def _again(slot: Slot) -> bool:
    """Whether a slot that nobody works on is to be done once more."""
    return slot.status == "yielded" or (slot.status == "expired" and slot.attempts < MOST_ATTEMPTS)


def follow(
    kind: str, due_at: datetime, now: datetime, slot: Slot | None, pause: timedelta | None = None
) -> Action | None:
    """As :func:`tick`, for work that is due once, at a time of its own.

    :param pause: from a failure until it is done again; ``None``: it is not.
    """
    if slot is None:
        return Action("claim", kind, due_at)
    if slot.status == "claimed":
        return _act("expire", slot) if slot.lease_until <= now else None
    failed = slot.status == "failed" and pause is not None and slot.lease_until + pause <= now
    return _act("again", slot) if failed or _again(slot) else None


def _missed(schedule: Schedule, now: datetime, newest: datetime | None, known: Sequence[Slot]) -> Iterator[Action]:
    """Times between the last known slot and the newest, and the newest itself if it is too late for it."""
    past = [slot for slot in known if slot.due_at <= now]
    last = max(past, key=lambda slot: slot.due_at, default=None)
    if last is None or newest is None or last.schedule != schedule.cron:
        return
    for due in CronSim(schedule.cron, last.due_at):
        if due > newest or (due == newest and now - newest <= schedule.window):
            return
        yield Action("miss", schedule.kind, due)


def _act(verb: Verb, slot: Slot) -> Action:
    return Action(verb, slot.kind, slot.due_at, slot)


def last_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The last time, not after ``now``, at which it was due; ``None`` if there never was one.

    :raises SettingsError: the cron expression is not one.
    """
    if len(schedule.cron.split()) != 5:  # the library would take a sixth for seconds
        raise SettingsError(f"{_wrong(schedule)}: it has five fields, as in 0 3 * * *")
    try:
        # The library gives what lies before the time it is told, to the second.
        return next(CronSim(schedule.cron, now.replace(microsecond=0) + timedelta(seconds=1), reverse=True), None)
    except CronSimError as error:
        raise SettingsError(f"{_wrong(schedule)}: {error}") from error


def next_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The next time at which it is due. :raises SettingsError: the cron expression is not one."""
    last_due(schedule, now)
    return next(CronSim(schedule.cron, now), None)


def _wrong(schedule: Schedule) -> str:
    named = {"backup": "backup_schedule", "base": "pitr_schedule"}
    what = named.get(schedule.kind) or f"@periodic {schedule.kind.partition(':')[2]}"
    return f"{what}: {schedule.cron!r} is not a cron expression"
