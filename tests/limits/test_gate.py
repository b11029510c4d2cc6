"""How often a caller may ask, and how much at a time (docs/limits.md)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from limited import Ask
from pydantic import SecretStr

from asker import Asker
from gemel.auth import Actor
from gemel.edge import Gate
from gemel.edge.body import no_room
from gemel.edge.gate import client_address
from gemel.edge.room import Room
from gemel.errors import AppError, LimitExceeded
from gemel.limits import Limits, Rates
from gemel.settings import Settings, load

ONE = "{ genre_by_pk(id: 1) { name } }"


def sent(asker: Asker, content: Any, **headers: str) -> httpx.Response:
    """The answer of GraphQL to a body."""
    named = {"content-type": "application/json", **asker.headers, **headers}
    post = asker.graphql_client.post("http://localhost/v1/graphql", content=json.dumps(content), headers=named)
    return asker.runner.run(post)


def test_a_rate_of_graphql(ask: Ask) -> None:
    with ask(rate="3/hour") as asker:
        for _ in range(3):
            asker.data(ONE)
        refused = sent(asker, {"query": ONE})
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 3600
        [error] = refused.json()["errors"]
        assert error["extensions"]["code"] == "rate-limit-exceeded"
        assert error["message"] == "too many requests: the role may send 3/hour"
        assert "gemel_refusals_total{" in asker.metrics.expose("")[0].decode()


def test_a_rate_of_rest(ask: Ask) -> None:
    with ask(rate="2/hour") as asker:
        for _ in range(2):
            asker.rows("/genre?limit=1")
        for method, path in (("GET", "/genre?limit=1"), ("POST", "/genre"), ("GET", "/nothing"), ("GET", "/")):
            refused = asker.rest(method, path, {} if method == "POST" else None)
            assert (refused.status_code, refused.json()["code"]) == (429, "PT429")
            assert 1 <= int(refused.headers["retry-after"]) <= 3600
        browser = asker.rest("GET", "/genre", Origin="http://localhost")
        assert "Retry-After" in browser.headers["access-control-expose-headers"]


def test_the_operations_of_a_batch_count_one_by_one(ask: Ask, chinook: Settings) -> None:
    with ask(settings=chinook, rate="4/hour") as asker:
        assert sent(asker, [{"query": ONE}] * 5).status_code == 429
        assert sent(asker, [{"query": ONE}] * 3).status_code == 200
        assert sent(asker, {"query": ONE}).status_code == 200
        assert sent(asker, {"query": ONE}).status_code == 429
        new = [{"method": "POST", "path": "/genre", "body": {"id": 900 + number, "name": "n"}} for number in range(5)]
        assert asker.rest("POST", "/", new).status_code == 429
        assert asker.rows("/genre?id=gte.900") == []


def test_callers_are_told_apart(ask: Ask) -> None:
    with ask(rate="1/hour") as asker:
        for one in (asker, asker.as_("customer", user_id=4), asker.as_("customer", user_id=5)):
            assert sent(one, {"query": ONE}).status_code == 200
            assert sent(one, {"query": ONE}).status_code == 429
        # What else is known of a caller makes it no other one.
        assert sent(asker.as_("customer", user_id=5, session="2"), {"query": ONE}).status_code == 429
        admin = asker.as_("admin")
        assert {sent(admin, {"query": ONE}).status_code for _ in range(5)} == {200}


def test_a_rate_of_several_times(ask: Ask) -> None:
    with ask(rate="1/hour;2/day") as asker:
        assert sent(asker, {"query": ONE}).status_code == 200
        soon = sent(asker, {"query": ONE})
        assert soon.status_code == 429
        assert 1 <= int(soon.headers["retry-after"]) <= 3600


def test_concurrency(ask: Ask) -> None:
    async def at_once(asker: Asker, number: int) -> list[httpx.Response]:
        post = asker.graphql_client.post
        headers = {"content-type": "application/json", **asker.headers}
        content = json.dumps({"query": "{ track(limit: 300) { album { tracks { name } } } }"})
        return await asyncio.gather(
            *(post("http://localhost/v1/graphql", content=content, headers=headers) for _ in range(number))
        )

    with ask(concurrency=2, cost=None) as asker:
        found = asker.runner.run(at_once(asker, 5))
        assert sorted(answer.status_code for answer in found) == [200, 200, 429, 429, 429]
        refused = next(answer for answer in found if answer.status_code == 429)
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["errors"][0]["extensions"]["code"] == "concurrency-limit-exceeded"
        again = asker.runner.run(at_once(asker, 2))
        assert [answer.status_code for answer in again] == [200, 200]


PATHS = ["v1/graphql", "rest/v1/genre"]


async def slow_and_others(
    asker: Asker, path: str, size: int, *others: int
) -> tuple[list[httpx.Response], list[httpx.Response]]:
    """Answers to two requests whose bodies end only when the others were answered, and to those.

    :param size: bytes of their bodies.
    :param others: those of the others.
    """
    client = asker.graphql_client if path == "v1/graphql" else asker.rest_client
    headers = {"content-type": "application/json", **asker.headers}
    begun, ends = asyncio.Semaphore(0), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{" + b" " * (size - 2)
        begun.release()
        await ends.wait()
        yield b"}"

    def post(content: AsyncIterator[bytes] | bytes) -> Awaitable[httpx.Response]:
        return asyncio.wait_for(client.post(f"http://localhost/{path}", content=content, headers=headers), 10)

    slow = [asyncio.ensure_future(post(slowly())) for _ in range(2)]
    for _ in slow:
        await begun.acquire()
    found = [await post(b"{" + b" " * (other - 2) + b"}") for other in others]
    ends.set()
    return await asyncio.gather(*slow), found


@pytest.mark.parametrize("path", PATHS)
def test_bodies_that_come_slowly_are_under_way(ask: Ask, path: str) -> None:
    """OWASP API4: what has come of them is kept in memory."""
    with ask(concurrency=2) as asker:
        slow, [refused] = asker.runner.run(slow_and_others(asker, path, 2, 2))
        assert refused.status_code == 429
        assert 429 not in {answer.status_code for answer in slow}


@pytest.mark.parametrize("path", PATHS)
def test_large_bodies_of_all_callers(ask: Ask, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """OWASP API4: there are only so many in memory; small ones are let in, and nothing is held for ever."""
    monkeypatch.setattr("gemel.edge.gate.BODIES", 50_000)
    with ask() as asker:
        for _ in range(2):
            slow, [small, large] = asker.runner.run(slow_and_others(asker, path, 20_000, 16_384, 20_000))
            assert large.status_code == 429
            assert large.headers["retry-after"] == "1"
            assert "too many large requests" in large.text
            assert 429 not in {small.status_code, *(answer.status_code for answer in slow)}
        _, [large] = asker.runner.run(slow_and_others(asker, path, 2, 20_000))
        assert large.status_code != 429


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "v1/graphql"), ("POST", "rest/v1/genre"), ("PATCH", "rest/v1/genre?id=eq.1"), ("POST", "rest/v1/")],
)
def test_what_is_made_of_large_bodies(ask: Ask, method: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """OWASP API4: it needs room; what is small does not."""

    @asynccontextmanager
    async def full(room: Room, size: int) -> AsyncIterator[None]:
        raise no_room()
        yield

    monkeypatch.setattr(Room, "hold", full)
    with ask() as asker:
        client = asker.graphql_client if path == "v1/graphql" else asker.rest_client
        headers = {"content-type": "application/json", **asker.headers}
        for _ in range(2):  # the second time it is known
            for lists, refused in ((10_000, True), (10, False)):
                content = json.dumps([[]] * lists).encode()
                for role, waits in (("anonymous", refused), ("admin", False)):
                    named = headers | {"x-hasura-role": role}
                    asked = client.request(method, f"http://localhost/{path}", content=content, headers=named)
                    assert (asker.runner.run(asked).status_code == 429) is waits


def test_the_answers_of_a_batch(ask: Ask, chinook: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """OWASP API4: they are given together; what is not answered any more is not done either."""
    monkeypatch.setattr("gemel.edge.gate.ANSWERS", 50_000)
    change = 'mutation { insert_genre_one(object: {name: "New"}) { name } }'
    batch = [{"query": "{ track(limit: 500) { id name } }"}] * 4 + [{"query": change}]
    with ask(settings=chinook) as asker:
        for _ in range(2):  # nothing is held for ever
            first, second, *others = sent(asker, batch).json()
            assert len(first["data"]["track"]) == 500
            assert second == first
            codes = [other["errors"][0]["extensions"]["code"] for other in others[1:]]
            assert codes == ["memory-limit-exceeded"] * 2
        assert len(sent(asker, batch[:1]).json()[0]["data"]["track"]) == 500
        assert asker.data('{ genre(where: {name: {_eq: "New"}}) { id } }') == {"genre": []}


def test_what_is_under_way_is_let_go_of_when_it_fails(ask: Ask) -> None:
    with ask(concurrency=1) as asker:
        for _ in range(3):
            assert asker.refused("{ nothing }")[0] == "validation-failed"
            assert asker.problem("GET", "/genre?nothing=eq.1")[:2] == (400, "42703")
        assert asker.data(ONE)


def test_a_caller_that_has_left_is_forgotten(ask: Ask) -> None:
    with ask(subscriptions=1) as asker:
        gate, actor = Gate(asker.engine, print), Actor.of("customer", {"x-hasura-user-id": "7"})
        with gate.passing(actor, {}, "subscriptions"):
            assert len(gate._running) == 1
            with pytest.raises(LimitExceeded, match="subscriptions"), gate.passing(actor, {}, "subscriptions"):
                pass
            with gate.passing(actor, {}):
                pass
        assert not gate._running


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not a proxy of ours
        ("10.0.0.2", None, "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # what a client says of itself
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1,, junk", "10.0.0.2"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "10.0.0.9, 10.0.0.8", "10.0.0.9"),
    ],
)
def test_whom_a_proxy_speaks_for(peer: str, forwarded: str | None, address: str) -> None:
    proxies = load({"GEMEL_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).trusted_proxies
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    assert client_address({"client": (peer, 1), "headers": headers}, proxies) == address


def test_callers_behind_a_gateway(ask: Ask, chinook_read: Settings) -> None:
    behind = chinook_read.model_copy(
        update={"trusted_proxies": load({"GEMEL_TRUSTED_PROXIES": "127.0.0.1"}).trusted_proxies,
                "admin_secret": SecretStr("s" * 32)}
    )  # fmt: skip
    with ask(settings=behind, rate="1/hour") as asker:
        secret = {"x-hasura-admin-secret": "s" * 32}
        for address in ("198.51.100.1", "198.51.100.2"):
            headers = {**secret, "x-forwarded-for": address}
            assert [sent(asker, {"query": ONE}, **headers).status_code for _ in range(2)] == [200, 429]


def test_a_counter_that_is_down_stops_nobody() -> None:
    async def main() -> list[float | None]:
        rates = Rates("redis://127.0.0.1:1/0")
        return [await rates.hit(Limits(rate="1/hour").rates, ("role", "caller")) for _ in range(3)]

    assert asyncio.run(main()) == [None, None, None]


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"cost": -1}, {"rate": "often"}, {"rate": "0/second"}, {"body": "x"}])
def test_limits_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(AppError, match=rf"Limits\({next(iter(wrong))}="):
        Limits(**wrong)
