"""What is asked: W1 to W8 (``docs/performance.md``), in the words of each contender, with the same values for all."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

VARIANTS = 64
"""Different values of each workload."""


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def to_bytes(self, host: str) -> bytes:
        """As it is sent, with keep-alive."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Length: {len(self.body)}"] if self.body else []
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Workload:
    """One question; ``number`` of its values goes from 0 to ``VARIANTS``."""

    name: str
    title: str
    graphql: str
    variables: Callable[[int], Mapping[str, Any]]
    rest: Callable[[int], str] | None
    """``None``: REST cannot say it."""
    by_hand: Callable[[int], str]
    rest_shape: Callable[[Any], Any] = lambda rows: rows
    """The rows of GraphQL out of the rows of REST."""
    body: Callable[[int], Any] | None = None
    """Of a write: what is sent."""

    def ask_graphql(self, number: int) -> Request:
        """Through GraphQL."""
        body = json.dumps({"query": self.graphql, "variables": self.variables(number)}).encode()
        return Request("POST", "/v1/graphql", body, (("Content-Type", "application/json"),))

    def ask_rest(self, number: int) -> Request:
        """Through REST."""
        assert self.rest is not None
        return self._ask("/rest/v1" + self.rest(number), number, (("Prefer", "return=representation"),))

    def ask_by_hand(self, number: int) -> Request:
        """Through endpoints written by hand."""
        return self._ask(self.by_hand(number), number, ())

    def _ask(self, path: str, number: int, more: tuple[tuple[str, str], ...]) -> Request:
        if self.body is None:
            return Request("GET", path)
        body = json.dumps(self.body(number)).encode()
        return Request("POST", path, body, (("Content-Type", "application/json"), *more))


def _key(number: int) -> int:
    return 1 + number * 53 % 3503


def _genre(number: int) -> int:
    return 1 + number % 9


def _thousand(number: int) -> list[dict[str, Any]]:
    return [{"name": f"bench {number} {row}"} for row in range(1000)]


def _invoice(number: int) -> dict[str, Any]:
    return {"customer_id": 1 + number % 59, "invoice_date": "2026-01-31T12:00:00", "total": 9.5}


def _lines(number: int) -> list[dict[str, Any]]:
    return [{"track_id": _key(number + row), "unit_price": 0.95, "quantity": 1} for row in range(10)]


WORKLOADS = (
    Workload(
        "W1",
        "one track by key, with album and artist",
        "query($id: Int!) { track_by_pk(id: $id) { id name milliseconds album { id title artist { id name } } } }",
        lambda number: {"id": _key(number)},
        lambda number: f"/track?id=eq.{_key(number)}&select=id,name,milliseconds,album(id,title,artist(id,name))",
        lambda number: f"/track/{_key(number)}",
        lambda rows: rows[0],
    ),
    Workload(
        "W2",
        "fifty tracks of a genre, ordered",
        "query($genre: Int!) { track(where: {genre_id: {_eq: $genre}}, order_by: [{name: asc}, {id: asc}], limit: 50)"
        " { id name composer milliseconds bytes unit_price } }",
        lambda number: {"genre": _genre(number)},
        lambda number: (
            f"/track?genre_id=eq.{_genre(number)}&order=name,id&limit=50"
            "&select=id,name,composer,milliseconds,bytes,unit_price"
        ),
        lambda number: f"/tracks-of-genre/{_genre(number)}",
    ),
    Workload(
        "W3",
        "twenty artists with all their albums and tracks",
        "query($offset: Int!) { artist(order_by: {id: asc}, limit: 20, offset: $offset)"
        " { id name albums(order_by: {id: asc}) { id title tracks(order_by: {id: asc}) { id name milliseconds } } } }",
        lambda number: {"offset": number},
        lambda number: (
            f"/artist?order=id&limit=20&offset={number}&albums.order=id&albums.tracks.order=id"
            "&select=id,name,albums:album(id,title,tracks:track(id,name,milliseconds))"
        ),
        lambda number: f"/artists?offset={number}",
    ),
    Workload(
        "W4",
        "a thousand tracks of eight columns",
        "query($from: Int!) { track(where: {id: {_gte: $from}}, order_by: {id: asc}, limit: 1000)"
        " { id name album_id genre_id composer milliseconds bytes unit_price } }",
        lambda number: {"from": number},
        lambda number: (
            f"/track?id=gte.{number}&order=id&limit=1000"
            "&select=id,name,album_id,genre_id,composer,milliseconds,bytes,unit_price"
        ),
        lambda number: f"/tracks?start={number}",
    ),
    Workload(
        "W5",
        "ten customers with the number of their invoices",
        "query($offset: Int!) { customer(order_by: {id: asc}, limit: 10, offset: $offset)"
        " { id first_name last_name invoices_aggregate { aggregate { count } } } }",
        lambda number: {"offset": number % 40},
        lambda number: (
            f"/customer?order=id&limit=10&offset={number % 40}&select=id,first_name,last_name,invoice(count)"
        ),
        lambda number: f"/customers?offset={number % 40}",
        lambda rows: [
            {
                **{key: value for key, value in row.items() if key != "invoice"},
                "invoices_aggregate": {"aggregate": row["invoice"][0]},
            }
            for row in rows
        ],
    ),
    Workload(
        "W6",
        "insert one row, return it",
        "mutation($name: String!) { insert_playlist_one(object: {name: $name}) { name } }",
        lambda number: {"name": f"bench {number}"},
        lambda number: f"/playlist?select={quote('name')}",
        lambda number: "/playlists",
        lambda rows: rows[0],
        lambda number: {"name": f"bench {number}"},
    ),
    Workload(
        "W7",
        "insert a thousand rows, return them",
        "mutation($rows: [playlist_insert_input!]!) { insert_playlist(objects: $rows) { returning { name } } }",
        lambda number: {"rows": _thousand(number)},
        lambda number: "/playlist?select=name",
        lambda number: "/playlists-at-once",
        lambda rows: {"returning": rows},
        _thousand,
    ),
    Workload(
        "W8",
        "insert an invoice with ten lines, return it",
        "mutation($invoice: invoice_insert_input!) { insert_invoice_one(object: $invoice)"
        " { customer_id total lines(order_by: {id: asc}) { track_id quantity } } }",
        lambda number: {"invoice": _invoice(number) | {"lines": {"data": _lines(number)}}},
        None,
        lambda number: "/invoices",
        body=lambda number: _invoice(number) | {"lines": _lines(number)},
    ),
)
