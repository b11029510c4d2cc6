"""How many connections a server keeps open, and how long a client may leave an answer unread.

Whoever opens connections and says nothing would otherwise use up the file descriptors of the process, after which
nobody is answered. As in nginx, those that wait longest are closed for new ones
(https://nginx.org/en/docs/ngx_core_module.html#worker_connections).
"""

import asyncio
import resource
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from gemel.edge.gate import Refused, uncounted

ADMIN: Final = 100
"""Connections to an admin port."""
DESCRIPTORS: Final = 65_536
"""File descriptors that a process asks for, if it may have so many."""
UNREAD_SECONDS: Final = 30.0
"""In which a client must have taken some of what waits for it."""
MOST_UNREAD: Final = 67_108_864
"""Bytes of all answers that are left unread."""
SLOW_SECONDS: Final = 2.0
"""In which a client may be expected to take an answer when there are more than that."""
YOUNG_SECONDS: Final = 1.0
"""In which a client may be expected to send its request, or its next one."""
SHARE: Final = 16
"""One in so many is let go of when there are too many, so that not each new connection has to look at all."""


@dataclass(slots=True)
class Connections:
    """The bound of one server; sent to its process by pickle before that serves."""

    most: int
    refused: Refused = uncounted
    """Counts one that was closed, by the reason: ``large_head``, ``slow_head``, ``unread``, ``full``, ``memory``."""

    stalled: set["Connection"] = field(default_factory=set)
    """Those whose clients have not read what waits for them."""

    def leave(self, connection: "Connection", reason: str) -> None:
        """Close one, and forget what its client has not read."""
        self.refused(reason)
        self.stalled.discard(connection)
        connection.transport.abort()

    def stall(self, new: "Connection") -> None:
        """The client of one does not read the answer that is before it."""
        self.stalled.add(new)
        if self._leave_stalled(new.loop):
            new.loop.call_later(SLOW_SECONDS, self._leave_stalled, new.loop)

    def _leave_stalled(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Let go of those that have stalled for longest, if all are too much; true if what is left still is."""
        unread = {one: one.transport.get_write_buffer_size() for one in self.stalled}
        total, late = sum(unread.values()), loop.time() - SLOW_SECONDS
        for one in sorted(unread, key=lambda one: one.since):
            if total <= MOST_UNREAD or one.since > late:
                break
            total -= unread[one]
            self.leave(one, "unread")
        return total > MOST_UNREAD

    def admit(self, new: "Connection", known: Iterable[Any]) -> bool:
        """Whether there is room for one more, now that those that have been waiting longest are let go of.

        Where more come at once than there is room for, and all are young, those go first that never had an answer.

        :param known: all connections of the server, the new one among them.
        """
        others: list[Connection] = [one for one in known if one is not new and not one.transport.is_closing()]
        if len(others) < self.most:
            return True
        late = new.loop.time() - YOUNG_SECONDS
        waiting = sorted(
            (one for one in others if one.waits),
            key=lambda one: (one.since > late, one.since > late and one.answered, one.since),
        )
        for one in waiting[: 1 + len(waiting) // SHARE]:
            self.leave(one, "full")
        return bool(waiting)


class Connection(asyncio.Protocol):
    """What uvicorn's protocols have in common, to be named before them."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    since: float = 0.0
    """When its state last changed, by the loop's clock."""
    answered: bool = False
    """A request came on it, and has its answer."""
    _stalls: asyncio.TimerHandle | None = None
    """For the client to read."""

    def __init__(self, *, bound: Connections, **more: Any) -> None:
        """
        :param bound: of all connections of the server.
        :param more: uvicorn's own.
        """
        super().__init__(**more)
        self.bound = bound

    @property
    def waits(self) -> bool:
        """Whether it is the client that keeps us waiting: for a request, the rest of one, or for it to read."""
        return self._stalls is not None

    def connection_made(self, transport: Any) -> None:
        """See ``asyncio.Protocol``."""
        super().connection_made(transport)
        self.since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._reads()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        super().pause_writing()
        self._reads()
        self.since = self.loop.time()
        self._stalls = self.loop.call_later(UNREAD_SECONDS, self.bound.leave, self, "unread")
        self.bound.stall(self)

    def resume_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        self._reads()
        super().resume_writing()

    def _reads(self) -> None:
        if self._stalls is not None:
            self._stalls.cancel()
            self._stalls = None
            self.bound.stalled.discard(self)


def affordable(most: int) -> int:
    """So many connections, or as many as half the file descriptors of this process, which may be given more here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft == resource.RLIM_INFINITY:
        return most
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(most, max(soft, allowed) // 2)
