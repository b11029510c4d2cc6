"""WebSockets at ``/graphql`` and ``/v1/graphql`` (``docs/dialects/graphql.md`` section 13.3)."""

from typing import Final

import structlog

from gemel.auth import Authenticator
from gemel.edge import Gate, peer_is_loopback, request_headers
from gemel.observe.asgi import Receive, Scope, Send
from gemel_graphql.live.connection import Connection, Credentials, Passage
from gemel_graphql.live.poll import Polls
from gemel_graphql.live.protocol import choose
from gemel_graphql.service import Service

NOT_FOUND: Final = 4404


class LiveEndpoint:
    """ASGI app of the WebSockets."""

    def __init__(
        self,
        service: Service,
        authenticator: Authenticator,
        polls: Polls,
        gate: Gate,
        paths: frozenset[str],
    ) -> None:
        """:param paths: where they are."""
        self._service, self._polls, self._paths = service, polls, paths
        self._authenticator, self._gate = authenticator, gate
        self._log = structlog.get_logger("gemel.graphql")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        await receive()  # websocket.connect
        if scope["path"] not in self._paths:
            await send({"type": "websocket.close", "code": NOT_FOUND})
            return
        offered = scope.get("subprotocols", ())
        protocol = choose(offered)
        await send({"type": "websocket.accept", "subprotocol": protocol.name if protocol.name in offered else None})
        credentials = Credentials(self._authenticator, request_headers(scope), peer_is_loopback(scope))
        passage = Passage(self._gate, scope)
        connection = Connection(self._service, self._polls, protocol, credentials, passage, receive, send)
        try:
            await connection.run()
        finally:
            self._log.info("connection", protocol=protocol.name, operations=connection.operations)
