"""A client of the REST service that needs no network, through the front door."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from front_door import client_of, running
from gemel.app import App
from gemel.serve import Engine
from gemel.settings import Settings
from gemel_rest.app import crash, create_app

ADDRESS = "http://localhost"
PRINTABLE = "".join(map(chr, range(33, 127)))
"""What is sent as it stands; everything else is percent-encoded."""


@dataclass(frozen=True)
class Rest:
    """Calls the service without a network; paths are those behind ``/rest/v1`` unless they begin with it."""

    engine: Engine
    runner: asyncio.Runner
    client: httpx.AsyncClient

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send a request; ``body`` is sent as JSON."""
        sent = json.dumps(body).encode() if body is not None else content
        kind = {"content-type": "application/json"} if body is not None else {}
        return self.at(method, f"/rest/v1{path}", headers={**kind, **(headers or {})}, content=sent)

    def at(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request to a path of the whole service."""
        request = self.client.build_request(method, ADDRESS, **more)
        request.url = request.url.copy_with(raw_path=quote(path, safe=PRINTABLE).encode())
        return self.runner.run(self.client.send(request))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET; underscores in the names of headers are hyphens."""
        return self("GET", path, headers=_named(headers))

    def rows(self, path: str, **headers: str) -> Any:
        """JSON of a GET that has to succeed."""
        answer = self.get(path, **headers)
        assert answer.status_code in (200, 206), answer.text
        return answer.json()

    def error(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and code of a GET that has to fail in the form of the dialect."""
        return problem(self.get(path, **headers))


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error, after checking its form."""
    body = answer.json()
    assert set(body) == {"code", "message", "details", "hint"}, body
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["proxy-status"] == f"Gemel; error={body['code']}"
    return answer.status_code, body["code"]


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def serving(settings: Settings, app: App) -> Iterator[Rest]:
    """A client of a service on a database."""
    with (
        running(settings, app) as (runner, engine),
        client_of(runner, engine, "rest", create_app, crash) as client,
    ):
        yield Rest(engine, runner, client)
