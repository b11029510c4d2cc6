"""Count operations by caller: in this process, or in Redis for all of them (docs/decisions.md, 21)."""

import math
import time
from collections.abc import Sequence
from typing import Final

import structlog
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

PATIENCE: Final = 0.25
"""Seconds that Redis may take. Where it takes longer nothing is counted: a cache that is down stops no service."""
QUIET: Final = 10.0
"""Seconds between two lines of the log about that."""


class Rates:
    """Sliding windows, by caller."""

    def __init__(self, uri: str = "") -> None:
        """:param uri: ``redis://…`` to count there; empty: here."""
        self._limiter = SlidingWindowCounterRateLimiter(_storage(uri))
        self._log = structlog.get_logger("gemel")
        self._told = -math.inf

    async def hit(self, rates: Sequence[RateLimitItem], caller: Sequence[str], operations: int = 1) -> float | None:
        """Count operations.

        :returns: ``None`` if they are within all rates, else the seconds until one may be.
        """
        try:
            for rate in rates:
                if not await self._limiter.hit(rate, *caller, cost=operations):
                    window = await self._limiter.get_window_stats(rate, *caller)
                    return max(window.reset_time - time.time(), 0.0)
        except StorageError as error:
            self._tell(error)
        return None

    def _tell(self, error: StorageError) -> None:
        now = time.monotonic()
        if now - self._told > QUIET:
            self._told = now
            self._log.warning("rates are not counted", reason=str(error.storage_error))


def _storage(uri: str) -> Storage:
    if not uri:
        return MemoryStorage(wrap_exceptions=True)
    return RedisStorage(
        f"async+{uri}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="gemel-rates",
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
    )
