"""GraphiQL: a page for browsers, from packaged files only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gemel.observe.asgi import Receive, Scope, Send

STATIC: Final = Path(__file__).parent / "static"
PREFIX: Final = "/graphiql/"
_TYPES: Final[Mapping[str, bytes]] = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".txt": b"text/plain; charset=utf-8",
}
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    b" font-src 'self' data:;"
    b" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """The page and its files, read once."""

    def __init__(self) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}

    async def send(self, send: Send) -> None:
        """Send the page itself."""
        await self._send(send, "index.html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send one of the files (ASGI)."""
        scope["gemel.route"] = "graphiql"
        await self._send(send, scope["path"].rpartition("/")[2])

    async def _send(self, send: Send, name: str) -> None:
        content = self._files.get(name)
        status, body = (200, content) if content is not None else (404, b"not found")
        headers = [
            (b"content-type", _TYPES[Path(name).suffix] if content is not None else _TYPES[".txt"]),
            (b"content-length", str(len(body)).encode()),
            (b"content-security-policy", _POLICY),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
