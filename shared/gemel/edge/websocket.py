"""WebSockets as uvicorn speaks them, with the bounds on what is kept of a message that has not come whole."""

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol

from gemel.edge.body import Bodies, Kept
from gemel.edge.connections import Connection, Connections
from gemel.observe.asgi import Scope

UNKNOWN: Final = 32_768
"""Bytes of a message, as long as the app has not said how many it may have."""
MOST_FRAMES: Final = 1_000
"""Pieces of a message that are kept as they came; one byte takes forty times its size so."""
_MESSAGES: Final = "gemel.messages"


class _Messages:
    """How large messages may be; it does not know the connection, which would never be freed by itself then."""

    def __init__(self, protocol: ServerProtocol) -> None:
        self._protocol = protocol
        self.kept: Kept | None = None
        """What has come of one that is not whole; ``None`` as long as nothing is allowed."""
        protocol.max_message_size = UNKNOWN

    def allow(self, size: int, among: Bodies) -> None:
        self.kept = Kept(among)
        self._protocol.max_message_size = size


class BoundedWebSocket(Connection, WebSocketsSansIOProtocol):
    """One connection.

    It reads messages that are larger than allowed no further than that (close code 1009), nor large ones while there is
    no room for what has come of all (1013).
    """

    def __init__(self, *, bound: Connections, **more: Any) -> None:
        """See ``Connection``."""
        super().__init__(bound=bound, **more)
        self._messages = _Messages(self.conn)

    @property
    def waits(self) -> bool:
        """See ``gemel.edge.connections``."""
        return self._messages.kept is None or self.close_sent or super().waits

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``; what the parser holds would stay until the next full garbage collection."""
        super().connection_lost(exc)
        self.conn.parser.close()
        self._keep(0)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        super().data_received(data)
        if self.close_sent:
            self._keep(0)
        elif not self._keep(len(self.conn.reader.buffer) + sum(map(len, self.frames))):
            self.bound.refused("memory")
            self.conn.fail(CloseCode.TRY_AGAIN_LATER, "too many large messages are under way")
            self.handle_parser_exception()

    def _keep(self, size: int) -> bool:
        kept = self._messages.kept
        return kept is None or kept.resize(size)

    def handle_connect(self, event: Request) -> None:
        """See uvicorn; the app's task has not begun to run when this returns."""
        super().handle_connect(event)
        if self.response.status_code == 101:  # Switching Protocols
            self.scope["extensions"][_MESSAGES] = self._messages  # type: ignore[assignment]

    def handle_ping(self) -> None:
        """See uvicorn; who does not read is not answered (RFC 6455, section 5.5.3, lets us leave some out)."""
        answer = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(answer)

    def handle_cont(self, event: Frame) -> None:
        """See uvicorn."""
        super().handle_cont(event)
        if len(self.frames) > MOST_FRAMES:
            self.frames = [b"".join(self.frames)]


def allow_messages(scope: Scope, size: int, among: Bodies) -> None:
    """Let the messages of a connection have so many bytes from now on, where the server bounds them.

    :param among: where those are counted that have not come whole.
    """
    messages = (scope.get("extensions") or {}).get(_MESSAGES)
    if messages is not None:
        messages.allow(size, among)
