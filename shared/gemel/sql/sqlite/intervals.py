"""Intervals: PostgreSQL's and ISO 8601's forms, and SQLAlchemy's storage form, a moment counted from 1970.

That form is a single span of time: months and years, which have no fixed length, are refused with 22003; hours over 24
become days.
"""

import re
from datetime import datetime, timedelta
from fractions import Fraction

from gemel.catalog import ValueType
from gemel.errors import DatabaseError

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the form has no zone
SECONDS = {
    "microsecond": Fraction(1, 1_000_000),
    "us": Fraction(1, 1_000_000),
    "millisecond": Fraction(1, 1000),
    "ms": Fraction(1, 1000),
    "second": Fraction(1),
    "sec": Fraction(1),
    "s": Fraction(1),
    "minute": Fraction(60),
    "min": Fraction(60),
    "m": Fraction(60),
    "hour": Fraction(3600),
    "hr": Fraction(3600),
    "h": Fraction(3600),
    "day": Fraction(86400),
    "d": Fraction(86400),
    "week": Fraction(604800),
    "w": Fraction(604800),
}
MONTHS = frozenset({"month", "mon", "year", "yr", "y", "decade", "century", "centurie", "millennium", "c"})
PART = re.compile(r"\s*([+-]?)(\d+):(\d{2})(?::(\d{2}(?:\.\d*)?))?|\s*([+-]?\d*\.?\d+)\s*([a-zA-Z]+)", re.ASCII)
ISO = re.compile(r"\s*P(?=.)([^T]*)(?:T(.+))?\s*\Z", re.IGNORECASE)
DESIGNATED = re.compile(r"([+-]?\d*\.?\d+)([a-zA-Z])", re.ASCII)


def stored_interval(type_: ValueType, text: str) -> str:
    """The storage form.

    :raises DatabaseError: 22007 it is none, 22015 it is too long, 22003 it has months or years.
    """
    iso = ISO.match(text)
    seconds = _iso(type_, text, iso[1], iso[2]) if iso is not None else _words(type_, text)
    try:
        moment = EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    except OverflowError:
        raise DatabaseError("22003", f"SQLite cannot hold {text} as interval: it is too long") from None
    return moment.isoformat(" ", "microseconds")


def _words(type_: ValueType, text: str) -> Fraction:
    body, ago = re.subn(r"\s+ago\s*\Z", "", text.strip().removeprefix("@"), flags=re.IGNORECASE)
    position, total = 0, Fraction(0)
    while position < len(body.rstrip()):
        found = PART.match(body, position)
        if found is None:
            return _bare(type_, text, body, position, total)
        total += _clock(found) if found[2] else _amount(type_, text, found[5], found[6])
        position = found.end()
    if position == 0:
        raise _syntax(text)
    return -total if ago else total


def _bare(type_: ValueType, text: str, body: str, position: int, total: Fraction) -> Fraction:
    """A number without a unit is one of seconds."""
    rest = body[position:].strip()
    if position or re.fullmatch(r"[+-]?\d*\.?\d+", rest, re.ASCII) is None:
        raise _syntax(text)
    return total + Fraction(rest)


def _clock(found: re.Match[str]) -> Fraction:
    span = int(found[2]) * 3600 + int(found[3]) * 60 + Fraction(found[4] or 0)
    return -span if found[1] == "-" else span


def _iso(type_: ValueType, text: str, days: str, clock: str | None) -> Fraction:
    total = Fraction(0)
    for part, units in ((days, "ymwd"), (clock or "", "hms")):
        found = DESIGNATED.findall(part)
        if "".join(number + unit for number, unit in found) != part.strip():
            raise _syntax(text)
        for number, unit in found:
            if unit.lower() not in units:
                raise _syntax(text)
            of_months = units == "ymwd" and unit.lower() in "ym"
            total += _amount(type_, text, number, "month" if of_months else unit)
    return total


def _amount(type_: ValueType, text: str, number: str, unit: str) -> Fraction:
    word = unit.lower()
    word = word if word in SECONDS else word.removesuffix("s")
    if word in MONTHS:
        if Fraction(number) == 0:
            return Fraction(0)
        why = "months and years have no fixed length"
        raise DatabaseError("22003", f"SQLite cannot hold {text} as {type_.name}: {why}")
    if word not in SECONDS:
        raise _syntax(text)
    return Fraction(number) * SECONDS[word]


def _syntax(text: str) -> DatabaseError:
    return DatabaseError("22007", f'invalid input syntax for type interval: "{text}"')


def interval_text(stored: str | None) -> str | None:
    """PostgreSQL's text of the storage form."""
    if stored is None:
        return None
    span = datetime.fromisoformat(stored) - EPOCH
    micros = span // timedelta(microseconds=1)
    sign, micros = ("-" if micros < 0 else ""), abs(micros)
    seconds, fraction = divmod(micros, 1_000_000)
    days, rest = divmod(seconds, 86400)
    clock = f"{sign}{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    if fraction:
        clock += f".{fraction:06}".rstrip("0")
    if not days:
        return clock
    plural = "day" if days == 1 and not sign else "days"
    return f"{sign}{days} {plural}" + (f" {clock}" if rest or fraction else "")
