"""Which backups are kept: grandfather, father, son, as a pure function, and in two steps.

A backup that is kept by no rule is marked first, and taken away a day later, unless it was pinned or is wanted again
by then: so nothing vanishes under a restore, and a wrong rule can be taken back.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gemel.errors import SettingsError

GRACE: Final = timedelta(days=1)
"""From the mark to the end; and how old an unproven backup must be before it is marked."""
MOST_DELETIONS: Final = 10
"""Backups that one run marks, and that it takes away."""

PERIODS: Final[Mapping[str, Callable[[datetime], tuple[int, ...]]]] = {
    "hourly": lambda at: (at.year, at.month, at.day, at.hour),
    "daily": lambda at: (at.year, at.month, at.day),
    "weekly": lambda at: tuple(at.isocalendar())[:2],
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: (at.year,),
}
LAST: Final = "last"


@dataclass(frozen=True)
class Rules:
    """How many are kept, by ``last`` or the name of a period; empty keeps all."""

    counts: Mapping[str, int]


@dataclass(frozen=True)
class Candidate:
    """What is known of a backup."""

    id: str
    at: datetime
    """When it was begun, in UTC."""
    proven: bool
    readable: bool = True
    """Whether its manifest can be read and is believed."""
    pinned: bool = False
    marked_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be done; ids, oldest first."""

    keep: Mapping[str, str]
    """Why, by id."""
    mark: tuple[str, ...] = ()
    unmark: tuple[str, ...] = ()
    purge: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    """To be marked or taken away by another run: this one may do no more."""

    def and_of(self, other: "Plan") -> "Plan":
        """What both say, of different backups."""
        return Plan(
            {**self.keep, **other.keep},
            *(tuple(sorted([*mine, *its])) for mine, its in zip(self._parts(), other._parts(), strict=True)),
        )

    def _parts(self) -> tuple[tuple[str, ...], ...]:
        return self.mark, self.unmark, self.purge, self.later


def parse_rules(text: str) -> Rules:
    """Read ``last 3, daily 7, weekly 4``; ``all`` keeps all.

    :raises SettingsError: it is something else, or would keep none.
    """
    counts = {}
    for part in text.split(","):
        if part.strip() == "all":
            return Rules({})
        found = re.fullmatch(r"\s*([a-z]+)\s+(\d{1,4})\s*", part)
        if found is None or found[1] not in (LAST, *PERIODS):
            raise SettingsError(
                f"backup_keep: {part.strip()!r} is not a rule such as 'daily 7': there are {LAST},"
                f" {', '.join(PERIODS)}, each with a number, and all"
            )
        counts[found[1]] = int(found[2])
    if not any(counts.values()):
        raise SettingsError("backup_keep keeps none: say how many, as in last 3, daily 7")
    return Rules(counts)


def plan(candidates: Sequence[Candidate], rules: Rules, now: datetime, most: int = MOST_DELETIONS) -> Plan:
    """What to keep, to mark and to take away.

    The newest proven backup is always kept, and what is pinned, what cannot be read (it may be our own keys that are
    wrong), and what is newer than the newest proven one (it may still be proven). Only proven ones count for the rules;
    of each period the newest one is kept, for as many periods as have one. Where none is proven all are kept.

    :param now: with a time zone.
    :param most: backups to mark, and to take away, at most; the oldest first.
    """
    oldest_first = _sorted(candidates)
    return _in_two_steps(oldest_first, _kept(oldest_first, rules, now), now, most)


def plan_bases(candidates: Sequence[Candidate], window: timedelta, now: datetime, most: int = MOST_DELETIONS) -> Plan:
    """As :func:`plan`, for base backups: of the proven ones the newest that is older than the window is kept, which
    leads to its begin, and all that are newer.

    :param window: how far back every time can be recovered.
    """
    oldest_first = _sorted(candidates)
    proven = [item for item in oldest_first if item.proven and item.readable]
    keep = {item.id: why for item in oldest_first for why in _always(item, proven[-1:], now)}
    outside = [item for item in proven if item.at <= now - window]
    for item in proven[max(len(outside) - 1, 0) :]:
        keep.setdefault(item.id, "leads to a time of pitr_days")
    return _in_two_steps(oldest_first, keep, now, most)


def _sorted(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda item: (item.at, item.id))


def _in_two_steps(oldest_first: Sequence[Candidate], keep: Mapping[str, str], now: datetime, most: int) -> Plan:
    unwanted = [item for item in oldest_first if item.id not in keep]
    due = [item.id for item in unwanted if item.marked_at is not None and item.marked_at + GRACE <= now]
    fresh = [item.id for item in unwanted if item.marked_at is None]
    return Plan(
        keep=keep,
        mark=tuple(fresh[:most]),
        unmark=tuple(item.id for item in oldest_first if item.id in keep and item.marked_at is not None),
        purge=tuple(due[:most]),
        later=tuple(sorted([*due[most:], *fresh[most:]])),
    )


def _kept(oldest_first: Sequence[Candidate], rules: Rules, now: datetime) -> dict[str, str]:
    proven = [item for item in reversed(oldest_first) if item.proven and item.readable]
    keep = {item.id: why for item in oldest_first for why in _always(item, proven[:1], now)}
    if not rules.counts:
        keep = {item.id: keep.get(item.id, "all are kept") for item in oldest_first}
    for name, count in rules.counts.items():
        for item in _of_rule(name, count, proven):
            keep.setdefault(item.id, name)
    return {item.id: keep[item.id] for item in oldest_first if item.id in keep}


def _always(item: Candidate, newest: Sequence[Candidate], now: datetime) -> Iterator[str]:
    if item.pinned:
        yield "pinned"
    elif not item.readable:
        yield "cannot be read: it is never taken away by itself"
    elif not newest:
        yield "none is proven"
    elif item == newest[0]:
        yield "the newest proven one"
    elif not item.proven and ((item.at, item.id) > (newest[0].at, newest[0].id) or now - item.at < GRACE):
        yield "may still be proven"


def _of_rule(name: str, count: int, newest_first: Sequence[Candidate]) -> Sequence[Candidate]:
    if name == LAST:
        return newest_first[:count]
    period = PERIODS[name]
    of_period: dict[tuple[int, ...], Candidate] = {}
    for item in newest_first:
        of_period.setdefault(period(item.at), item)
    return list(of_period.values())[:count]
