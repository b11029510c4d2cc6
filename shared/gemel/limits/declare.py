"""The limits of a role, as an app declares them: ``Role("customer", limits=Limits(depth=5))``."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Final

from limits import RateLimitItem, parse_many

from gemel.errors import AppError

_MAY_BE_ZERO: Final = frozenset({"page"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a role may ask for; ``None`` of a limit is no limit.

    The defaults are those of every role but ``admin``, which has none but ``batch``. See ``docs/limits.md``.
    """

    depth: int | None = 10
    """Levels of rows: of a list, of rows related to them, and so on; in conditions and orders, too."""
    fields: int | None = 1000
    """Fields, conditions and sort keys of a request."""
    cost: int | None = 1_000_000
    """Rows that a request is estimated to touch."""
    page: int | None = 1000
    """Rows of any one list; more are not given."""
    body: int | None = 1_048_576
    """Bytes of a request; the setting ``body_limit`` holds as well."""
    timeout: float | None = None
    """Seconds of a statement; the setting ``statement_timeout`` holds as well."""
    rate: str | None = "6000/minute"
    """Operations of one caller, in the notation of the library ``limits``: ``100/second``, ``5/second;1000/hour``."""
    concurrency: int | None = 50
    """Operations of one caller that are under way at a time, in one worker."""
    subscriptions: int | None = 100
    """Live queries of one caller that are under way at a time, in one worker."""
    connections: int | None = 100
    """WebSockets of one caller that are open at a time, in one worker."""
    batch: int | None = 100
    """Operations of a request."""
    listed: bool = False
    """GraphQL operations have to be on the app's list (``operations.json``)."""

    def __post_init__(self) -> None:
        """:raises AppError: one of them cannot be."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("rate", "listed") or value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or value < 0 or (value == 0 and item.name not in _MAY_BE_ZERO):
                raise AppError(f"Limits({item.name}={value!r}): a limit is a number above 0, or None for no limit")
        _ = self.rates

    @property
    def rates(self) -> tuple[RateLimitItem, ...]:
        """What ``rate`` says.

        :raises AppError: it says nothing.
        """
        return () if self.rate is None else _parsed(self.rate)


@cache
def _parsed(rate: str) -> tuple[RateLimitItem, ...]:
    try:
        found = tuple(parse_many(rate))
    except (ValueError, TypeError, AttributeError):
        found = ()
    if not found or any(item.amount < 1 for item in found):
        text = "a rate is like 100/second or 5/second;1000/hour, or None for no limit"
        raise AppError(f"Limits(rate={rate!r}): {text}")
    return found


UNLIMITED: Final = Limits(
    depth=None,
    fields=None,
    cost=None,
    page=None,
    body=None,
    rate=None,
    concurrency=None,
    subscriptions=None,
    connections=None,
)
"""Those of the admin, unless the app says others."""
