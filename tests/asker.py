"""A client of both services, as some role."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from front_door import both_services
from gemel.app import App
from gemel.observe import Metrics
from gemel.serve import Engine
from gemel.settings import Settings

LOCAL = "http://localhost"


@dataclass(frozen=True)
class Asker:
    """A role with claims, that asks both services."""

    engine: Engine
    runner: asyncio.Runner
    graphql_client: httpx.AsyncClient
    rest_client: httpx.AsyncClient
    headers: dict[str, str]
    metrics: Metrics

    def as_(self, role: str, **claims: object) -> "Asker":
        """The same services, asked by another; underscores are hyphens."""
        named = {f"x-hasura-{name.replace('_', '-')}": str(value) for name, value in claims.items()}
        return replace(self, headers={"x-hasura-role": role, **named})

    def graphql(self, query: str, **variables: object) -> Any:
        """The answer to an operation."""
        content = json.dumps({"query": query, "variables": variables}, default=str)
        headers = {"content-type": "application/json", **self.headers}
        sent = self.graphql_client.post(f"{LOCAL}/v1/graphql", content=content, headers=headers)
        return self.runner.run(sent).json()

    def data(self, query: str, **variables: object) -> Any:
        """The data of one that succeeds."""
        found = self.graphql(query, **variables)
        assert "data" in found, found
        return found["data"]

    def refused(self, query: str, **variables: object) -> tuple[str, str]:
        """Code and message of one that fails."""
        found = self.graphql(query, **variables)
        assert set(found) == {"errors"}, found
        [error] = found["errors"]
        return error["extensions"]["code"], error["message"]

    def rest(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """The answer to a request of REST."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.runner.run(
            self.rest_client.request(method, f"{LOCAL}/rest/v1{path}", json=body, headers={**self.headers, **named})
        )

    def rows(self, path: str, **headers: str) -> Any:
        """The rows of a read that succeeds."""
        answer = self.rest("GET", path, **headers)
        assert answer.status_code in (200, 206), answer.text
        return answer.json()

    def problem(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str, str]:
        """Status, code and message of one that fails."""
        answer = self.rest(method, path, body, **headers)
        assert answer.status_code >= 400, answer.text
        found = answer.json()
        return answer.status_code, found["code"], found["message"]


@contextmanager
def asking(settings: Settings, app: App) -> Iterator[Asker]:
    """Ask both services of an app."""
    metrics = Metrics()
    with both_services(settings, app, timeout=60, metrics=metrics) as (runner, engine, graphql, rest):
        yield Asker(engine, runner, graphql, rest, {}, metrics)
