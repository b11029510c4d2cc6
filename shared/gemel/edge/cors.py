"""Cross-origin requests (Fetch standard, section 3.3; docs/dialects/rest.md, section 19).

Without configured origins everyone may read, but never with credentials: nothing that a browser adds by itself says who
asks. What a browser on this machine could do by merely being here, ``gemel.auth`` refuses to foreign origins.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

Headers = list[tuple[bytes, bytes]]

_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_EXPOSED: Final = (
    b"Content-Encoding, Content-Location, Content-Range, Content-Type, Date, ETag, Location, Server, Transfer-Encoding,"
    b" Range-Unit, Preference-Applied, Proxy-Status, Retry-After, Server-Timing, X-Request-Id"
)
_METHODS: Final = b"GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
_VARY: Final = (b"vary", b"Origin")


class Cors:
    """The rule of one instance."""

    def __init__(self, origins: Collection[str]) -> None:
        """:param origins: that may read with credentials; none: everyone may, without."""
        self._origins = frozenset(origin.encode() for origin in origins)
        self.closed = bool(self._origins)
        """Whether only configured origins may read."""

    def headers(self, request: Mapping[bytes, bytes], method: str) -> Headers:
        """What every answer carries. OPTIONS tells it also to who sent no ``Origin``."""
        origin = request.get(b"origin")
        if origin is None and (method != "OPTIONS" or self.closed):
            return [_VARY] if self.closed else []
        allowed = self._allowed(origin)
        return [*allowed, (b"access-control-expose-headers", _EXPOSED)] if origin is not None else allowed

    def preflight(self, request: Mapping[bytes, bytes]) -> Headers:
        """The answer's headers to OPTIONS with ``Origin`` and ``Access-Control-Request-Method``."""
        asked = request.get(b"access-control-request-headers", b"").split(b",")
        names = [name for item in asked if _TOKEN.fullmatch(name := item.strip())]
        allow = b", ".join([b"Authorization", *names, b"Accept", b"Accept-Language", b"Content-Language"])
        return [
            *self._allowed(request.get(b"origin")),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", allow),
            (b"access-control-max-age", b"86400"),
            (b"content-length", b"0"),
        ]

    def _allowed(self, origin: bytes | None) -> Headers:
        if not self.closed:
            return [(b"access-control-allow-origin", b"*")]
        if origin in self._origins and origin is not None:
            return [_VARY, (b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        return [_VARY]


def is_preflight(request: Mapping[bytes, bytes], method: str) -> bool:
    """Whether a browser asks if it may send the real request."""
    return method == "OPTIONS" and b"origin" in request and b"access-control-request-method" in request
