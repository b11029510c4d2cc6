"""What is due: a pure function of the schedule, the time, and what was done before (docs/decisions.md, 32)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cronsim import CronSim, CronSimError

from gemel.errors import SettingsError

WINDOW = timedelta(hours=24)
"""How late the newest slot may still be done; what was missed before it is never made up for."""
MOST_ATTEMPTS = 2
"""Slots whose worker died are done once more."""

Verb = Literal["claim", "expire", "again"]


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
    """``claimed``, ``done``, ``failed``, ``yielded`` or ``expired``."""
    owner: str
    lease_until: datetime
    attempts: int


@dataclass(frozen=True)
class Action:
    """Something to do now, of which a race decides who does it."""

    verb: Verb
    """``claim``: insert the slot; ``expire``: record that its worker is gone; ``again``: claim it once more."""
    kind: str
    due_at: datetime
    seen: Slot | None = None
    """The row as it was when this was decided; it is changed only if it is still so."""


def tick(schedule: Schedule, now: datetime, slots: Sequence[Slot]) -> list[Action]:
    """What is to be done at ``now``.

    At most one slot of a kind runs at a time. Of the slots that were missed only the newest is done, and only within
    the schedule's window. A claim whose lease has run out is recorded, and the slot done once more; one that gave way
    is done again; both only as long as no newer slot is due.

    :param now: the time, with a time zone.
    :param slots: rows of this kind; at least all that are claimed, and all due within the window.
    :raises SettingsError: the cron expression is not one.
    """
    newest = newest_due(schedule, now)
    known = {slot.due_at: slot for slot in slots if slot.kind == schedule.kind}
    claimed = [slot for slot in known.values() if slot.status == "claimed"]
    actions = [_act("expire", slot) for slot in claimed if slot.lease_until <= now]
    if len(actions) < len(claimed) or newest is None:
        return actions
    slot = known.get(newest)
    if slot is None:
        return [*actions, Action("claim", schedule.kind, newest)]
    return [*actions, _act("again", slot)] if _again(slot) and not actions else actions


def _again(slot: Slot) -> bool:
    return slot.status == "yielded" or (slot.status == "expired" and slot.attempts < MOST_ATTEMPTS)


def _act(verb: Verb, slot: Slot) -> Action:
    return Action(verb, slot.kind, slot.due_at, slot)


def newest_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The last time, not after ``now``, at which it was due; ``None`` if that is longer ago than the window.

    :raises SettingsError: the cron expression is not one.
    """
    if len(schedule.cron.split()) != 5:  # the library would take a sixth for seconds
        raise SettingsError(f"{_wrong(schedule)}: it has five fields, as in 0 3 * * *")
    try:
        # The library gives what lies before the time it is told, to the second.
        last = next(CronSim(schedule.cron, now.replace(microsecond=0) + timedelta(seconds=1), reverse=True), None)
    except CronSimError as error:
        raise SettingsError(f"{_wrong(schedule)}: {error}") from error
    return last if last is not None and now - last <= schedule.window else None


def _wrong(schedule: Schedule) -> str:
    return f"{schedule.kind}_schedule: {schedule.cron!r} is not a cron expression"
