"""A client of the GraphQL service that needs no network, through the front door."""

import asyncio
import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from front_door import client_of, running
from gemel.app import App
from gemel.serve import Engine
from gemel.settings import Settings
from gemel_graphql.app import crash, create_app

ADDRESS = "http://localhost"


@dataclass(frozen=True)
class GraphQL:
    """Sends operations to a service."""

    engine: Engine
    runner: asyncio.Runner
    client: httpx.AsyncClient

    def send(self, body: object, *, path: str = "/v1/graphql", **headers: str) -> httpx.Response:
        """POST a JSON body; underscores in the names of headers are hyphens."""
        content = json.dumps(body, default=str).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, content=content, headers={"content-type": "application/json", **named})

    def request(self, method: str, path: str = "/v1/graphql", **more: Any) -> httpx.Response:
        """Send anything."""
        return self.runner.run(self.client.request(method, ADDRESS + path, **more))

    def __call__(self, query: str, /, *, operation: str | None = None, **variables: object) -> Any:
        """Data of an operation that has to succeed; fractions are decimals."""
        answer = self.send(_body(query, operation, variables))
        assert answer.status_code == 200
        found = json.loads(answer.content, parse_float=Decimal)
        assert set(found) == {"data"}, found
        return found["data"]

    def text(self, query: str, /, **variables: object) -> str:
        """The answer as it stands."""
        return self.send(_body(query, None, variables)).text

    def refused(self, query: str, /, *, operation: str | None = None, **variables: object) -> tuple[str, str, str]:
        """(code, path, message) of an operation that has to fail in the form of the dialect."""
        return problem(self.send(_body(query, operation, variables)))


def _body(query: str, operation: str | None, variables: Mapping[str, object]) -> dict[str, object]:
    return {"query": query, "variables": variables} | ({"operationName": operation} if operation else {})


def problem(answer: httpx.Response) -> tuple[str, str, str]:
    """(code, path, message) of an error, after checking its form (G11.4)."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return failed(answer.json())


def failed(found: Any) -> tuple[str, str, str]:
    """(code, path, message): there is one error and no data."""
    assert set(found) == {"errors"}, found
    [error] = found["errors"]
    assert set(error) == {"message", "extensions"}
    assert {"code", "path"} <= set(error["extensions"]) <= {"code", "path", "internal", "trace_id"}
    return error["extensions"]["code"], error["extensions"]["path"], error["message"]


@contextmanager
def serving(settings: Settings, app: App) -> Iterator[GraphQL]:
    """A client of a service on a database."""
    with (
        running(settings, app) as (runner, engine),
        client_of(runner, engine, "graphql", create_app, crash, timeout=60) as client,
    ):
        yield GraphQL(engine, runner, client)


def table(app: App, name: str) -> list[dict[str, Any]]:
    """Rows of Chinook as the files have them: whole numbers, decimals, texts, and ``None``."""
    columns = app.metadata[0].tables[name].columns
    with (app.data / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {key: _value(value, columns[key].type.python_type) for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def _value(text: str, type_: type) -> object:
    if text == "":
        return None
    return type_(text) if type_ in (int, Decimal) else text
