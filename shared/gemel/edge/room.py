"""Memory for what is made of bodies: read as JSON, a text takes up to sixty times its size."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final

from gemel.edge.body import PATIENCE, no_room

SHORT: Final = 1_024
"""Bytes of a body that is light, whatever stands in it."""
LIGHT: Final = 131_072
"""Bytes that each may take without waiting for room."""
_ITEM: Final = 64
"""Bytes of a value and of the reference to it."""
_OBJECT: Final = 184


def weight(raw: bytes) -> int:
    """Bytes that a text takes once it is read as JSON, CSV or a form, about, and rather too many."""
    items = sum(map(raw.count, (b",", b":", b"[", b"&")))
    return len(raw) + _ITEM * items + _OBJECT * (raw.count(b"{") + raw.count(b"\n"))


class Room:
    """Of a service in a worker. Who finds no room waits until others have ended, each in turn."""

    def __init__(self, most: int) -> None:
        """:param most: bytes."""
        self._most = self._free = most
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def hold_for(self, raw: bytes) -> AbstractAsyncContextManager[None]:
        """Have what is made of a body until the end of the block; what is light needs no room.

        To be entered raises ``LimitExceeded`` as ``hold`` does.
        """
        size = weight(raw) if len(raw) > SHORT else 0
        return self.hold(size) if size > LIGHT else nullcontext()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Have so many bytes until the end of the block, or all there are.

        :raises LimitExceeded: there was no room in time.
        """
        size = min(size, self._most)
        if self._waiting or size > self._free:
            await self._turn(size)
        else:
            self._free -= size
        try:
            yield
        finally:
            self._give_back(size)

    async def _turn(self, size: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            async with asyncio.timeout(PATIENCE):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.cancelled():
                self._give_back(0)  # who is behind it need not wait any longer
            else:  # it was let in at that moment
                self._give_back(size)
            if isinstance(error, TimeoutError):
                raise no_room() from None
            raise

    def _give_back(self, size: int) -> None:
        self._free += size
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= self._free):
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= wanted
                turn.set_result(None)
