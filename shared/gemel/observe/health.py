"""Health: ``/livez`` (the process answers), ``/readyz`` (it can do its work), ``/metrics``."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson

from gemel.observe.asgi import Receive, Scope, Send
from gemel.observe.metrics import Metrics

Check = Callable[[], Awaitable[str | None]]
"""Gives what is missing, for an operator; ``None``: nothing. What it raises is told by its type."""

PATHS: Final = frozenset({"/livez", "/readyz", "/metrics"})
PATIENCE: Final = 3.0
"""Seconds a check may take; probes usually wait longer than that."""
_JSON: Final = "application/json"


class Health:
    """ASGI app of the admin port."""

    def __init__(self, checks: Mapping[str, Check], metrics: Metrics) -> None:
        self._checks = dict(checks)
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return
        status, content_type, body = await self._answer(scope)
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        if status == 405:
            headers.append((b"allow", b"GET, HEAD"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope) -> tuple[int, str, bytes]:
        path = scope["path"]
        if path not in PATHS:
            return 404, _JSON, orjson.dumps({"message": f"here are only {', '.join(sorted(PATHS))}"})
        if scope["method"] not in {"GET", "HEAD"}:
            return 405, _JSON, orjson.dumps({"message": "only GET and HEAD"})
        if path == "/metrics":
            accept = next((value for name, value in scope["headers"] if name == b"accept"), b"").decode("latin-1")
            body, content_type = self._metrics.expose(accept)
            return 200, content_type, body
        if path == "/livez":
            return 200, _JSON, b'{"live":true}'
        missing = await self.missing()
        return (503 if missing else 200), _JSON, orjson.dumps({"ready": not missing, "missing": missing})

    async def missing(self) -> Mapping[str, str]:
        """What keeps it from being ready, by the name of the check; empty when it is."""
        found = await asyncio.gather(*(_run(check) for check in self._checks.values()))
        return {name: text for name, text in zip(self._checks, found, strict=True) if text is not None}


async def _run(check: Check) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except TimeoutError:
        return f"no answer within {PATIENCE:g} seconds"
    except Exception as error:
        return type(error).__name__
