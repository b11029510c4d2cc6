"""Both services in process, asked by raw bytes: what a fuzzer writes is taken for a request as far as HTTP lets it."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from databases import sqlite_settings
from gemel.app import load_app
from gemel.observe.asgi import AsgiApp, Message
from gemel.serve import open_engine
from gemel_cli.seed import seed
from gemel_graphql.app import create_app as create_graphql
from gemel_migrator import migrate
from gemel_rest.app import create_app as create_rest

Headers = list[tuple[bytes, bytes]]

JSON: Final = (b"content-type", b"application/json")
PROBLEM: Final = {"code", "message", "details", "hint"}
SERVER_SAYS: Final = frozenset({500, 501, 502})
"""Statuses from 500 on that no request may bring about. 503 and 504 are the database's own."""


class Misbehaved(AssertionError):
    """An answer that is none of the dialect's."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


@dataclass(frozen=True)
class Served:
    """The services of one engine. There is no edge around them: an exception that they let through is a crash."""

    runner: asyncio.Runner
    graphql: AsgiApp
    rest: AsgiApp

    def ask_graphql(self, data: bytes) -> None:
        """Send the bytes as a body if they begin like one, else as a document, variables behind a zero byte.

        :raises Misbehaved: the answer is no answer of GraphQL's.
        """
        answer = self._send(self.graphql, "POST", b"/graphql", b"", [JSON], graphql_body(data))
        found = json.loads(answer.body)
        for item in found if isinstance(found, list) else [found]:
            errors = item.get("errors", [])
            good = set(item) == {"data"} or (set(item) == {"errors"} and errors)
            codes = [error["extensions"]["code"] for error in errors]
            if answer.status != 200 or not good or "unexpected" in codes:
                raise Misbehaved(f"{answer.status} {answer.body[:2000]!r}")

    def ask_rest(self, data: bytes) -> None:
        """Send the bytes as an HTTP message: a line of method and target, headers, an empty line, a body.

        :raises Misbehaved: the answer is no answer of REST's.
        """
        head, _, body = data.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        method, _, target = first.partition(b" ")
        path, _, query = _visible(target).partition(b"?")
        if not path.startswith(b"/"):
            path = b"/" + path
        name = method.decode("latin-1") if method.isalpha() and method.isascii() else "GET"
        answer = self._send(self.rest, name, b"/rest/v1" + path, query, _headers(lines), body)
        if answer.status in SERVER_SAYS or answer.status < 200:
            raise Misbehaved(f"{answer.status} {answer.body[:2000]!r}")
        if answer.status >= 400 and name != "HEAD" and set(json.loads(answer.body)) != PROBLEM:
            raise Misbehaved(f"{answer.status} {answer.body[:2000]!r}")

    def check(self) -> None:
        """Both services still answer.

        :raises Misbehaved: one does not.
        """
        body = b'{"query": "{ genre_aggregate { aggregate { count } } }"}'
        asked = self._send(self.graphql, "POST", b"/graphql", b"", [JSON], body)
        listed = self._send(self.rest, "GET", b"/rest/v1/media_type", b"select=id&limit=0", [], b"")
        if b'"data"' not in asked.body or listed.body != b"[]":
            raise Misbehaved(f"no longer served: {asked} {listed}")

    def _send(self, app: AsgiApp, method: str, path: bytes, query: bytes, headers: Headers, body: bytes) -> Answer:
        return self.runner.run(_send(app, method, path, query, headers, body))


def graphql_body(data: bytes) -> bytes:
    """The body of a request."""
    if data[:1] in (b"[", b"\x01"):
        return data.removeprefix(b"\x01")
    text, _, variables = data.partition(b"\0")
    try:
        given: Any = json.loads(variables) if variables else None
    except (ValueError, RecursionError):
        given = variables.decode("latin-1")
    return json.dumps({"query": text.decode("utf-8", "replace"), "variables": given}).encode()


def _visible(target: bytes) -> bytes:
    """What a server lets through: no control characters, no spaces."""
    return bytes(byte for byte in target if byte > 0x20 and byte != 0x7F)


def _headers(lines: list[bytes]) -> Headers:
    """Header fields as a server gives them on (RFC 9110, section 5.5); those of who is asking are left out."""
    found = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    return [
        (name, bytes(byte for byte in value if byte >= 0x20 and byte != 0x7F))
        for name, value in found
        if name
        in {b"accept", b"prefer", b"range", b"range-unit", b"content-type", b"accept-profile", b"content-profile"}
    ]


async def _send(app: AsgiApp, method: str, path: bytes, query: bytes, headers: Headers, body: bytes) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "method": method, "path": unquote_to_bytes(path).decode("utf-8", "replace"), "raw_path": path, "root_path": "",
        "query_string": query, "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    start, *parts = sent
    return Answer(start["status"], dict(start["headers"]), b"".join(part.get("body", b"") for part in parts))


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """The services of Chinook on a new SQLite database in a folder."""
    app = load_app("chinook")
    settings = sqlite_settings(folder)
    migrate(settings, app)
    seed(settings, app)
    with asyncio.Runner() as runner:
        opened = open_engine(settings, app)
        engine = runner.run(opened.__aenter__())
        try:
            yield Served(runner, create_graphql(engine), create_rest(engine))
        finally:
            runner.run(opened.__aexit__(None, None, None))
