"""Work in turns, and rest between them, so that others on the same processors are answered (``backup_share``)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN: Final = 0.02
"""Seconds of work at a time, about."""
FAIR: Final = 0.001
"""Seconds in which others may take their turn."""


class Pace:
    """How much of the time is worked. Whoever works at it does so in turn with all others who do."""

    def __init__(self, share: int) -> None:
        """:param share: percent, of one to 100."""
        self._rest = (100 - share) / share
        self._one = threading.Lock()

    @property
    def rests(self) -> bool:
        """Whether there are rests at all."""
        return self._rest > 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Work for a short time; then all rest, as much longer as the share says."""
        if not self.rests:
            yield
            return
        with self._one:
            begun = time.monotonic()
            yield
            time.sleep((time.monotonic() - begun) * self._rest)
        time.sleep(FAIR)


ALWAYS: Final = Pace(100)
"""Without rests."""
