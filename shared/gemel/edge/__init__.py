"""The edge of both services: one pure ASGI wrapper, and what their handlers need of a raw request.

How a process is started stands in ``gemel.edge.process``, which is not imported here: it needs uvicorn.
"""

from gemel.edge.body import BodyTimeout, ClientGone, read_body
from gemel.edge.gate import Gate, Refused, retry_after, uncounted
from gemel.edge.scope import peer_is_loopback, request_headers
from gemel.edge.wrap import Crash, Edge

__all__ = [
    "BodyTimeout",
    "ClientGone",
    "Crash",
    "Edge",
    "Gate",
    "Refused",
    "peer_is_loopback",
    "read_body",
    "request_headers",
    "retry_after",
    "uncounted",
]
