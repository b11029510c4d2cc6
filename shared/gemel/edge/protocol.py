"""HTTP/1.1 as uvicorn speaks it, with bounds that it does not have: how long the head of a request may be, how much
time it may take, and how long a client may leave an answer unread.

What takes too long costs a connection and what is kept for it; a client that is merely slow pays with its connection.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD: Final = 65_536
"""Bytes of a request's line and headers."""
HEAD_SECONDS: Final = 20.0
"""In which the head of a request must have come, once it has begun."""
IDLE_SECONDS: Final = 75.0
"""In which it must have begun on a new connection."""
UNREAD_SECONDS: Final = 30.0
"""In which a client must have taken some of what waits for it."""
TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
"""RFC 6585, section 5."""
TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _head: int | None = None
    """Bytes of the head that is coming, beside those that it began in; ``None``: none is."""
    _waits: asyncio.TimerHandle | None = None
    """For a head."""
    _stalls: asyncio.TimerHandle | None = None
    """For the client to read."""

    def connection_made(self, transport: Any) -> None:
        """See ``asyncio.Protocol``."""
        super().connection_made(transport)
        self._wait(IDLE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._arrived()
        self._read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        before = self._head
        super().data_received(data)
        if self._head is None:
            return
        if before is None:  # it has begun somewhere in these
            self._wait(HEAD_SECONDS)
            return
        self._head += len(data)
        if self._head > MOST_HEAD:
            self._refuse(TOO_LARGE)

    def on_message_begin(self) -> None:
        """See ``httptools``."""
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """See ``httptools``."""
        self._arrived()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        super().pause_writing()
        self._read()
        self._stalls = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        self._read()
        super().resume_writing()

    def _wait(self, seconds: float) -> None:
        if self._waits is not None:
            self._waits.cancel()
        self._waits = self.loop.call_later(seconds, self._refuse, TOO_SLOW)

    def _arrived(self) -> None:
        self._head = None
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _read(self) -> None:
        if self._stalls is not None:
            self._stalls.cancel()
            self._stalls = None

    def _refuse(self, answer: bytes) -> None:
        """Nothing of a request is there that could be answered otherwise."""
        begun = self._head is not None
        self._arrived()
        if not self.transport.is_closing():
            if begun and (self.cycle is None or self.cycle.response_complete):  # no answer is being written
                self.transport.write(answer)
            self.transport.close()
