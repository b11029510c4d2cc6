"""limit, offset and the Range header (``docs/dialects/rest.md`` section 10)."""

import re
from dataclasses import dataclass

from gemel.errors import RequestError
from gemel_rest.parse.text import syntax_error

INTEGER = re.compile(r"[+-]?[0-9]+")
RANGE = re.compile(r"([0-9]+)-([0-9]*)")
MOST = 2**63 - 1
"""Largest number that the databases take."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows from ``offset`` on, ``limit`` of them; ``None`` where nothing was asked."""

    limit: int | None = None
    offset: int | None = None


def unsatisfiable(details: str) -> RequestError:
    """``PGRST103``."""
    return RequestError("PGRST103", "Requested range not satisfiable", details, status=416)


def parse_page(limit: str | None, offset: str | None) -> Page:
    """Page of two parameters. What is no integer is ignored, a negative offset counts as 0.

    :raises RequestError: ``PGRST103``, a negative limit.
    """
    most = _integer(limit)
    if most is not None and most < 0:
        raise unsatisfiable("Limit should be greater than or equal to zero.")
    first = _integer(offset)
    return Page(most, None if first is None else max(first, 0))


def parse_first(page: Page, text: str | None) -> Page:
    """The page, of at most ``first`` rows (R31-2).

    :raises RequestError: ``PGRST100``, it is no integer; ``PGRST103``, a negative one.
    """
    if text is None:
        return page
    most = _integer(text)
    if most is None:
        raise syntax_error("first", text, 0, "number of rows")
    if most < 0:
        raise unsatisfiable("first should be greater than or equal to zero.")
    return Page(most if page.limit is None else min(most, page.limit), page.offset)


def intersect(page: Page, header: str) -> Page:
    """The page, cut to the Range header; a header of another form than ``0-24`` or ``10-`` is ignored.

    :raises RequestError: ``PGRST103``, its lower bound is above the upper.
    """
    found = RANGE.fullmatch(header.strip())
    if found is None:
        return page
    first, last = _integer(found.group(1)) or 0, _integer(found.group(2))
    if last is not None and last < first:
        raise _crossed()
    start = max(first, page.offset or 0)
    ends = [last + 1] if last is not None else []
    if page.limit is not None:
        ends.append((page.offset or 0) + page.limit)
    if not ends:
        return Page(None, start)
    if min(ends) < start and page.limit != 0:
        raise _crossed()
    return Page(max(min(ends) - start, 0), start)


def _crossed() -> RequestError:
    return unsatisfiable("The lower boundary must be lower than or equal to the upper boundary in the Range header.")


def _integer(text: str | None) -> int | None:
    if text is None or INTEGER.fullmatch(text) is None:
        return None
    if len(text) > 20:  # more digits than any bound has; Python's own conversion is limited, too
        return -1 if text.startswith("-") else MOST
    return min(int(text), MOST)
