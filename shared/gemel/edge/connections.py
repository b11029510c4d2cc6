"""How many connections a server keeps open.

Whoever opens connections and says nothing would otherwise use up the file descriptors of the process, after which
nobody is answered. As in nginx, those that wait longest are closed for new ones
(https://nginx.org/en/docs/ngx_core_module.html#worker_connections).
"""

import asyncio
import resource
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

ADMIN: Final = 100
"""Connections to an admin port."""
DESCRIPTORS: Final = 65_536
"""File descriptors that a process asks for, if it may have so many."""
SHARE: Final = 16
"""One in so many is let go of when there are too many, so that not each new connection has to look at all."""


class Connection(Protocol):
    """What is asked of one."""

    transport: asyncio.Transport
    since: float
    """When its state last changed, by the loop's clock."""

    @property
    def waits(self) -> bool:
        """Whether it is the client that keeps us waiting: for a request, the rest of one, or for it to read."""


def _uncounted(_reason: str) -> None:
    pass


@dataclass(slots=True)
class Connections:
    """The bound of one server; sent to its process by pickle before that serves."""

    most: int
    refused: Callable[[str], None] = _uncounted
    """Counts one that was closed, by the reason: ``large_head``, ``slow_head``, ``unread``, ``full``."""

    def leave(self, connection: Connection, reason: str) -> None:
        """Close one, and forget what its client has not read."""
        self.refused(reason)
        connection.transport.abort()

    def admit(self, new: Connection, known: Iterable[Any]) -> bool:
        """Whether there is room for one more, now that those that have been waiting longest are let go of.

        :param known: all connections of the server, the new one among them.
        """
        others: list[Connection] = [one for one in known if one is not new and not one.transport.is_closing()]
        if len(others) < self.most:
            return True
        waiting = sorted((one for one in others if one.waits), key=lambda one: one.since)
        for one in waiting[: 1 + len(waiting) // SHARE]:
            self.leave(one, "full")
        return bool(waiting)


def affordable(most: int) -> int:
    """So many connections, or as many as half the file descriptors of this process, which may be given more here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft == resource.RLIM_INFINITY:
        return most
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(most, max(soft, allowed) // 2)
