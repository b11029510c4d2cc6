"""The wrapper around both services (docs/decisions.md, 21): pure ASGI, since it stands in the hot path.

For each request: a trace id, one line of access log, metrics, CORS and security headers, and a last answer when the
service has none because of a bug.
"""

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Final

import structlog

from gemel.apart import underway
from gemel.edge.body import BodyTimeout, ClientGone
from gemel.edge.cors import Cors, Headers, is_preflight
from gemel.edge.scope import shown_path
from gemel.edge.trace import trace_id
from gemel.observe.asgi import AsgiApp, Message, Receive, Scope, Send
from gemel.observe.metrics import Metrics
from gemel.settings import Settings

Crash = Callable[[str], tuple[int, Sequence[tuple[bytes, bytes]], bytes]]
"""From a trace id to what a service answers when it failed: status, headers, body."""

CLIENT_GONE: Final = 499
"""Status in log and metrics of a request whose client did not wait; never sent."""
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"private, no-cache"),  # an answer is of who asks: only its browser may keep it, and has to ask
)
_HTML: Final = (b"content-security-policy", b"frame-ancestors 'none'")
_CLOSE: Final = (b"connection", b"close")
_UNREAD: Final = frozenset({408, 413})
"""After these the rest of the body is still on its way: closing is cheaper than reading it."""


class Edge:
    """ASGI app around a service's app.

    The app may set ``scope["gemel.role"]`` and ``scope["gemel.route"]`` (a constant, for the metrics), and finds the
    trace id in ``scope["gemel.trace_id"]`` and in structlog's context variables.
    """

    def __init__(self, app: AsgiApp, settings: Settings, service: str, metrics: Metrics, on_crash: Crash) -> None:
        """:param service: name in log and metrics."""
        self._app = app
        self._service = service
        self._metrics = metrics
        self._running = metrics.running(service)
        self._on_crash = on_crash
        self._cors = Cors(settings.frontend_uri)
        self._log = structlog.get_logger("gemel").bind(service=service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        trace = scope["gemel.trace_id"] = trace_id(headers)
        tokens = structlog.contextvars.bind_contextvars(trace_id=trace)
        try:
            if scope["type"] == "http":
                await self._http(scope, receive, _Answer(send, scope, headers, self._cors, trace))
            else:
                await self._app(scope, receive, send)
        finally:
            structlog.contextvars.reset_contextvars(**tokens)

    async def _http(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        began = perf_counter()
        self._running.inc()
        try:
            with underway:
                await self._respond(scope, receive, answer)
        except BaseException:  # cancelled: the time limit of a stop
            answer.status = CLIENT_GONE
            raise
        finally:
            self._running.dec()
            self._tell(scope, answer, perf_counter() - began)

    async def _respond(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if is_preflight(answer.request, scope["method"]):
            scope["gemel.route"] = "preflight"
            await answer.whole(200, self._cors.preflight(answer.request), b"", cors=False)
            return
        try:
            await self._app(scope, receive, answer.send)
        except ClientGone:
            answer.status = CLIENT_GONE
        except BodyTimeout as slow:
            self._log.info("body too slow", path=shown_path(scope), reason=str(slow))
            await answer.whole(408, [(b"content-length", b"0")], b"")
        except Exception:
            # Whatever it was: the log has it, and the client learns nothing but the trace id. If the answer had
            # begun, returning without its end makes the server close the connection, which the client notices.
            self._log.exception("crash", method=scope["method"], path=shown_path(scope))
            if not answer.status:
                status, headers, body = self._on_crash(answer.trace)
                await answer.whole(status, list(headers), body)

    def _tell(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        status = answer.status or CLIENT_GONE
        method = scope["method"]
        self._metrics.observe(self._service, method, scope.get("gemel.route", "other"), status, seconds)
        self._log.info(
            "request",
            method=method,
            path=shown_path(scope),
            status=status,
            bytes=answer.bytes,
            ms=round(seconds * 1000, 3),
            role=scope.get("gemel.role"),
        )


class _Answer:
    """Sends an answer with the headers that all have, and counts its bytes."""

    __slots__ = ("_cors", "_method", "_send", "bytes", "request", "status", "trace")

    def __init__(self, send: Send, scope: Scope, request: Mapping[bytes, bytes], cors: Cors, trace: str) -> None:
        self._send = send
        self._method: str = scope["method"] if scope["type"] == "http" else "GET"
        self._cors = cors
        self.request = request
        self.trace = trace
        self.status = 0
        """0 until the answer has begun."""
        self.bytes = 0

    async def send(self, message: Message) -> None:
        """ASGI's send."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._complete(message.get("headers", ()), cors=True)
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)

    async def whole(self, status: int, headers: Headers, body: bytes, *, cors: bool = True) -> None:
        """An answer of the edge itself; nothing if one has begun already."""
        if self.status:
            return
        self.status, self.bytes = status, len(body)
        await self._send(
            {"type": "http.response.start", "status": status, "headers": self._complete(headers, cors=cors)}
        )
        await self._send({"type": "http.response.body", "body": body})

    def _complete(self, given: Sequence[tuple[bytes, bytes]], *, cors: bool) -> Headers:
        names = {name.lower() for name, _ in given}
        headers = list(given)
        if cors:
            if self._cors.closed and b"access-control-allow-origin" in names:  # which origins may is not the app's
                headers = [item for item in headers if not item[0].lower().startswith(b"access-control-")]
            ours = self._cors.headers(self.request, self._method)
            headers += [item for item in ours if item[0] == b"vary" or item[0] not in names]  # Vary adds up
        headers += [item for item in _ALWAYS if item[0] not in names]
        if b"content-security-policy" not in names and _is_html(given):
            headers.append(_HTML)
        if self.status in _UNREAD:
            headers.append(_CLOSE)
        headers.append((b"x-request-id", self.trace.encode()))
        return headers


def _is_html(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)
