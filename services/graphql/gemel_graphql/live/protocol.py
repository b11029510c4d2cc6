"""The two protocols of GraphQL over WebSockets (``docs/dialects/graphql.md`` section 13.3).

``graphql-transport-ws``: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md; the old one, of
subscriptions-transport-ws, is called ``graphql-ws``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson


@dataclass(frozen=True)
class Protocol:
    """How one of them calls its messages."""

    name: str
    start: str
    stop: str
    data: str
    modern: bool
    """``graphql-transport-ws``: pings, and errors as lists."""

    def keep_alive(self) -> bytes:
        """Sent now and then."""
        if self.modern:
            return orjson.dumps({"type": "ping", "payload": {"message": "keepalive"}})
        return orjson.dumps({"type": "ka"})

    def answer(self, operation: str, body: bytes) -> bytes:
        """A result.

        :param body: the answer as HTTP has it.
        """
        head = orjson.dumps({"id": operation, "type": self.data})
        return head[:-1] + b',"payload":' + body + b"}"

    def refused(self, operation: str, errors: Sequence[Any], *, running: bool) -> bytes:
        """An error.

        :param running: it came of running the operation; else it could not be started.
        """
        if self.modern:
            return orjson.dumps({"id": operation, "type": "error", "payload": errors})
        if running:
            return self.answer(operation, orjson.dumps({"data": None, "errors": errors}))
        return orjson.dumps({"id": operation, "type": "error", "payload": {"errors": errors}})


TRANSPORT_WS: Final = Protocol("graphql-transport-ws", "subscribe", "complete", "next", modern=True)
GRAPHQL_WS: Final = Protocol("graphql-ws", "start", "stop", "data", modern=False)


def choose(offered: Sequence[str]) -> Protocol:
    """The protocol of a connection: the old one, unless the new one is asked for."""
    return TRANSPORT_WS if TRANSPORT_WS.name in offered else GRAPHQL_WS
