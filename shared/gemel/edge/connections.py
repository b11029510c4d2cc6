"""How many connections a server keeps open.

Whoever opens connections and says nothing would otherwise use up the file descriptors of the process, after which
nobody is answered. As in nginx, those that wait longest are closed for new ones
(https://nginx.org/en/docs/ngx_core_module.html#worker_connections).
"""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ADMIN: Final = 100
"""Connections to an admin port."""
DESCRIPTORS: Final = 65_536
"""File descriptors that a process asks for, if it may have so many."""


def _uncounted(_reason: str) -> None:
    pass


@dataclass(slots=True)
class Connections:
    """The bound of one server; sent to its process by pickle before that serves."""

    most: int
    refused: Callable[[str], None] = _uncounted
    """Counts one that was closed, by the reason: ``large_head``, ``slow_head``, ``unread``, ``full``."""


def affordable(most: int) -> int:
    """So many connections, or as many as half the file descriptors of this process, which may be given more here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft == resource.RLIM_INFINITY:
        return most
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(most, max(soft, allowed) // 2)
