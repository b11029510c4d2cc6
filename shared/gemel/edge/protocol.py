"""HTTP/1.1 as uvicorn speaks it, with bounds that it does not have: how long the head of a request may be, how much
time it may take, how long a client may leave an answer unread, and how many connections there are.

What takes too long costs a connection and what is kept for it; a client that is merely slow pays with its connection.
"""

import asyncio
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gemel.edge.connections import Connection, Connections

MOST_HEAD: Final = 65_536
"""Bytes of a request's line and headers."""
HEAD_SECONDS: Final = 20.0
"""In which the head of a request must have come, once it has begun."""
IDLE_SECONDS: Final = 75.0
"""In which it must have begun on a new connection."""
LINGER_SECONDS: Final = 2.0
"""In which a client that is refused may read why."""
TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
"""RFC 6585, section 5."""
TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(Connection, HttpToolsProtocol):
    """One connection."""

    _head: int | None = None
    """Bytes of the head that is coming, beside those that it began in; ``None``: none is."""
    _waits: asyncio.TimerHandle | None = None
    """For a head."""
    _lingers: int | None = None
    """Bytes that may still come, and are not read, once the last answer is written."""

    def __init__(self, *, bound: Connections, **more: Any) -> None:
        """See ``Connection``."""
        super().__init__(bound=bound, **more)
        if self.ws_protocol_class is not None:
            self.ws_protocol_class = partial(self.ws_protocol_class, bound=bound)  # type: ignore[assignment, call-arg]

    def connection_made(self, transport: Any) -> None:
        """See ``asyncio.Protocol``."""
        super().connection_made(transport)
        self._wait(IDLE_SECONDS)
        if len(self.connections) > self.bound.most and not self.bound.admit(self, self.connections):
            self.bound.refused("full")
            self._end_with(FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``; uvicorn forgets a timer where the connection was reset, and that this object."""
        self._arrived()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        if self._lingers is not None:
            self._lingers -= len(data)
            if self._lingers < 0:
                self.transport.close()
            return
        before = self._head
        super().data_received(data)
        if self._head is None:
            return
        if before is None:  # it has begun somewhere in these
            self._wait(HEAD_SECONDS)
            return
        self._head += len(data)
        if self._head > MOST_HEAD:
            self._refuse(TOO_LARGE, "large_head")

    def on_message_begin(self) -> None:
        """See ``httptools``."""
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """See ``httptools``."""
        self._arrived()
        self.since = self.loop.time()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """See ``HttpToolsProtocol``."""
        self.since, self.answered = self.loop.time(), True
        if self.cycle.response_complete:  # or it is that of a next request, which waits
            self.cycle.body.clear()  # what came of a request that was refused
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """See uvicorn; the parser, which knows this object, would keep it until the next full garbage collection."""
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as in connection_lost

    def _wait(self, seconds: float) -> None:
        if self._waits is not None:
            self._waits.cancel()
        self._waits = self.loop.call_later(seconds, self._refuse, TOO_SLOW, "slow_head")

    def _arrived(self) -> None:
        self._head = None
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _refuse(self, answer: bytes, reason: str) -> None:
        """Close a connection on which nothing of a request is there that could be answered otherwise."""
        begun = self._head is not None
        self._arrived()
        if self.transport.is_closing():
            return
        if begun:
            self.bound.refused(reason)
        if begun and (self.cycle is None or self.cycle.response_complete):  # no answer is being written
            self._end_with(answer)
        else:
            self.transport.close()

    def _end_with(self, answer: bytes) -> None:
        """Close it in stages: what the client still sends would take the answer from it (RFC 9112, section 9.6)."""
        self._lingers = MOST_HEAD
        self._arrived()
        self.transport.write(answer)
        self.transport.write_eof()
        self._waits = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    @property
    def waits(self) -> bool:
        """See ``gemel.edge.connections``."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body or super().waits
