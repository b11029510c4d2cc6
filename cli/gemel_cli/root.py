"""The root of the one port that the embedded server has: which app a path belongs to."""

import html
from dataclasses import dataclass
from typing import Final

import orjson

from gemel.auth import is_local
from gemel.edge import peer_is_loopback, request_headers
from gemel.observe.asgi import AsgiApp, Receive, Scope, Send
from gemel.observe.health import PATHS

GRAPHQL: Final = ("/graphql", "/v1/graphql", "/graphiql")
REST: Final = ("/rest/v1", "/openapi.json", "/docs", "/backups")
LINKS: Final = {"graphql": "/graphql", "rest": "/rest/v1/", "live": "/livez", "ready": "/readyz", "metrics": "/metrics"}


@dataclass(frozen=True)
class Root:
    """ASGI app that hands each request to the app of its path; the path stays whole."""

    graphql: AsgiApp
    rest: AsgiApp
    health: AsgiApp
    """Answers programs of this machine only; for others its paths are not there."""
    other: AsgiApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        await self._app(scope)(scope, receive, send)

    def _app(self, scope: Scope) -> AsgiApp:
        path = scope["path"]
        if _below(path, GRAPHQL):
            return self.graphql
        if _below(path, REST):
            return self.rest
        if path in PATHS and is_local(request_headers(scope), peer_is_loopback(scope)):
            return self.health
        return self.other


def _below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)


@dataclass(frozen=True)
class Index:
    """``/``: what is served here. Everything else is not found."""

    app: str
    """Name of the served app package."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        scope["gemel.route"] = "index"
        status, content_type, body = self._answer(scope)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), (b"vary", b"Accept")]
        if status == 405:
            headers.append((b"allow", b"GET, HEAD"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, scope: Scope) -> tuple[int, bytes, bytes]:
        if scope["path"] != "/":
            return 404, b"application/json", orjson.dumps({"message": "there is nothing here", "links": LINKS})
        if scope["method"] not in {"GET", "HEAD"}:
            return 405, b"application/json", orjson.dumps({"message": "only GET and HEAD"})
        if "text/html" in request_headers(scope).get("accept", ""):
            return 200, b"text/html; charset=utf-8", self._page().encode()
        return 200, b"application/json", orjson.dumps({"app": self.app, "links": LINKS})

    def _page(self) -> str:
        name = html.escape(self.app)
        items = "".join(f'<li><a href="{path}">{path}</a></li>' for path in LINKS.values())
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title></head>'
            f"<body><h1>{name}</h1><ul>{items}</ul></body></html>"
        )


def crash(trace_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """What is answered when the index fails."""
    body = orjson.dumps({"message": "internal error", "trace_id": trace_id})
    return 500, [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())], body
