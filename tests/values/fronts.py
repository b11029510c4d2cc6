"""Both services in front of one database."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from front_door import both_services
from gemel.app import App
from gemel.settings import Settings

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Fronts:
    """Clients of both services."""

    settings: Settings
    runner: asyncio.Runner
    graphql_client: httpx.AsyncClient
    rest_client: httpx.AsyncClient

    def graphql(self, query: str, variables: str = "{}") -> str:
        """Text of the answer; the variables are JSON text, so that every digit arrives."""
        body = f'{{"query":{json.dumps(query)},"variables":{variables}}}'
        post = self.graphql_client.post("/v1/graphql", content=body.encode(), headers=JSON)
        answer = self.runner.run(post)
        assert answer.status_code == 200, answer.text
        return answer.text

    def rest(self, method: str, path: str, body: str | None = None, **more: Any) -> httpx.Response:
        """An answer; the body is JSON text."""
        headers = {**(JSON if body is not None else {}), **more.pop("headers", {})}
        content = body.encode() if body is not None else None
        call = self.rest_client.request(method, f"/rest/v1{path}", content=content, headers=headers, **more)
        return self.runner.run(call)


@contextmanager
def fronts(settings: Settings, app: App) -> Iterator[Fronts]:
    """Both services on a database, without a network."""
    with both_services(settings, app, base_url="http://localhost", timeout=60) as (runner, _, graphql, rest):
        yield Fronts(settings, runner, graphql, rest)
