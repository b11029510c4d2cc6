"""Both services in front of one database."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from gemel.app import App
from gemel.edge import Edge
from gemel.observe import Metrics
from gemel.serve import open_engine
from gemel.settings import Settings
from gemel_graphql.app import crash as graphql_crash
from gemel_graphql.app import create_app as create_graphql
from gemel_rest.app import crash as rest_crash
from gemel_rest.app import create_app as create_rest

LOOPBACK = ("127.0.0.1", 50_000)
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
    with asyncio.Runner() as runner:
        opened = open_engine(settings, app)
        engine = runner.run(opened.__aenter__())
        clients = []
        try:
            for name, create, crash in (
                ("graphql", create_graphql, graphql_crash),
                ("rest", create_rest, rest_crash),
            ):
                edge = Edge(create(engine), settings, name, Metrics(), crash)
                transport = httpx.ASGITransport(edge, raise_app_exceptions=False, client=LOOPBACK)
                clients.append(httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60))
            yield Fronts(settings, runner, *clients)
        finally:
            for client in clients:
                runner.run(client.aclose())
            runner.run(opened.__aexit__(None, None, None))
