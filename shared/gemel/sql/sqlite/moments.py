"""Dates and times from the texts that PostgreSQL reads (its manual, 8.5.1), in SQLAlchemy's storage forms.

What PostgreSQL holds and these forms do not (infinity, years before 1 and after 9999, a time's own zone) is refused
with 22003, never changed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone

from gemel.catalog import Kind, ValueType
from gemel.errors import DatabaseError

DAY = r"(?P<year>\d{4,})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d*))?)?"
ZONE = r"(?P<zone>[zZ]|UTC|GMT|[+-]\d{1,2}(?::?\d{2}){0,2})"
MOMENT = re.compile(rf"\s*{DAY}(?:(?:[tT]|\s+){CLOCK}\s*{ZONE}?)?\s*(?P<era>BC|AD)?\s*\Z", re.ASCII | re.IGNORECASE)
COMPACT = re.compile(r"\s*(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})\s*\Z", re.ASCII)
TIME = re.compile(rf"\s*{CLOCK}\s*{ZONE}?\s*\Z", re.ASCII | re.IGNORECASE)
ENDLESS = frozenset({"infinity", "-infinity", "+infinity"})
START = datetime(1, 1, 1)  # noqa: DTZ001 - a time of day has no zone
NAMES = {
    Kind.TIMESTAMPTZ: "timestamp with time zone",
    Kind.TIMETZ: "time with time zone",
}
"""Of types whose long name PostgreSQL writes into its messages."""


def stored_date(type_: ValueType, text: str) -> str:
    """A date; of a moment its date.

    :raises DatabaseError: 22007, 22008; 22003 what SQLite cannot hold.
    """
    return _day(type_, text, _parts(type_, text)).isoformat()


def stored_moment(type_: ValueType, text: str) -> str:
    """A timestamp, whose zone is ignored; or a timestamptz, in UTC.

    :raises DatabaseError: 22007, 22008, 22009; 22003 what SQLite cannot hold.
    """
    parts = _parts(type_, text)
    day, (extra, clock) = _day(type_, text, parts), _clock(type_, text, parts)
    zone = _zone(text, parts.get("zone"))
    try:
        moment = datetime.combine(day, clock) + extra
        if type_.kind is Kind.TIMESTAMPTZ:
            moment = moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise _beyond(type_, text) from None
    return moment.isoformat(" ", "microseconds")


def stored_time(type_: ValueType, text: str) -> str:
    """A time, whose zone is ignored; or a timetz, of which only those of UTC can be held.

    :raises DatabaseError: 22007, 22008, 22009; 22003 what SQLite cannot hold.
    """
    found = TIME.match(text)
    if found is None:
        raise _syntax(type_, text)
    extra, clock = _clock(type_, text, found.groupdict())
    zone = _zone(text, found["zone"])
    if extra or (type_.kind is Kind.TIMETZ and zone.utcoffset(None)):
        raise _beyond(type_, text)
    return clock.isoformat("microseconds")


def _parts(type_: ValueType, text: str) -> Mapping[str, str | None]:
    if text.strip().lower() in ENDLESS:
        raise _beyond(type_, text)
    found = MOMENT.match(text) or COMPACT.match(text)
    if found is None:
        raise _syntax(type_, text)
    return found.groupdict()


def _day(type_: ValueType, text: str, parts: Mapping[str, str | None]) -> date:
    year, month, day = (int(parts[name] or "") for name in ("year", "month", "day"))
    if year == 0 or not 1 <= month <= 12 or not 1 <= day <= 31:
        raise _range(text)
    if (parts.get("era") or "").upper() == "BC" or year > 9999:
        raise _beyond(type_, text)
    try:
        return date(year, month, day)
    except ValueError:
        raise _range(text) from None


def _clock(type_: ValueType, text: str, parts: Mapping[str, str | None]) -> tuple[timedelta, time]:
    """The time of day, and what rounding or 24:00 adds to its date."""
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    digits = (parts.get("fraction") or "")[:12]
    micros = round(int(digits or 0) / 10 ** len(digits) * 1_000_000) if digits else 0
    whole = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)
    if minute > 59 or second > 60 or whole > timedelta(days=1):
        raise _range(text)
    extra = timedelta(days=whole.days)
    return extra, (START + (whole - extra)).time()


def _zone(text: str, written: str | None) -> timezone:
    if written is None or written[0] not in "+-":
        return UTC
    digits = written[1:].replace(":", "")
    digits = digits.zfill(len(digits) + len(digits) % 2)
    hours, minutes, seconds = (int(digits[at : at + 2] or 0) for at in (0, 2, 4))
    if hours > 15 or minutes > 59 or seconds > 59:
        raise DatabaseError("22009", f'time zone displacement out of range: "{text}"')
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if written[0] == "-" else offset)


def _syntax(type_: ValueType, text: str) -> DatabaseError:
    return DatabaseError("22007", f'invalid input syntax for type {NAMES.get(type_.kind, type_.name)}: "{text}"')


def _range(text: str) -> DatabaseError:
    return DatabaseError("22008", f'date/time field value out of range: "{text}"')


def _beyond(type_: ValueType, text: str) -> DatabaseError:
    return DatabaseError("22003", f"SQLite cannot hold {text.strip()} as {type_.name}")
