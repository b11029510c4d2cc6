"""Requests of pages of other origins (docs/dialects/rest.md, section 19)."""

import pytest

from edge.asgi import answering, ask, edge
from gemel.observe.asgi import Receive, Scope, Send

PREFLIGHT = {"origin": "https://shop.example", "access-control-request-method": "POST"}
FRONTEND = {"frontend_uri": "https://shop.example, http://localhost:3000"}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil", "http://shop.example"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_origin_that_is_not_configured_may_read_nothing(origin: str, method: str) -> None:
    for more in ({}, {"access-control-request-method": "POST"}):
        answer = ask(edge(answering(), **FRONTEND), method, headers={"origin": origin, **more})
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()


def test_credentials_are_never_allowed_to_everyone() -> None:
    for headers in (PREFLIGHT, {"origin": "https://shop.example"}):
        for method in ("GET", "OPTIONS"):
            answer = ask(edge(answering()), method, headers=headers)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


def test_what_the_app_allows_does_not_widen_what_is_configured() -> None:
    app = answering(headers=[(b"Access-Control-Allow-Origin", b"*"), (b"access-control-allow-credentials", b"true")])
    answer = ask(edge(app, **FRONTEND), headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-allow")]


def test_a_public_page_is_not_let_into_the_private_network() -> None:
    headers = {**PREFLIGHT, "access-control-request-private-network": "true"}
    assert "access-control-allow-private-network" not in ask(edge(answering()), "OPTIONS", headers=headers).headers


def test_a_preflight_is_answered_without_the_app() -> None:
    """R19-2"""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("the app was asked")

    headers = {**PREFLIGHT, "access-control-request-headers": "prefer, x-hasura-role,,b\x7fd,two words"}
    answer = ask(edge(app), "OPTIONS", headers=headers)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
    assert answer.headers["access-control-allow-headers"] == (
        "Authorization, prefer, x-hasura-role, Accept, Accept-Language, Content-Language"
    )
    assert answer.headers["access-control-max-age"] == "86400"


@pytest.mark.parametrize("origin", ["https://shop.example", "http://localhost:3000"])
@pytest.mark.parametrize("headers", [{}, {"access-control-request-method": "GET"}])
def test_a_configured_origin_is_echoed_and_may_send_credentials(origin: str, headers: dict[str, str]) -> None:
    """R19-2"""
    answer = ask(edge(answering(), **FRONTEND), "OPTIONS", headers={"origin": origin, **headers})
    assert answer.headers.get_list("access-control-allow-origin") == [origin]
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_options_without_an_origin_reaches_the_app() -> None:
    """R19-1"""
    answer = ask(edge(answering(200, [(b"allow", b"OPTIONS,GET,HEAD")], b"")), "OPTIONS")
    assert answer.headers["allow"] == "OPTIONS,GET,HEAD"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_errors_carry_the_headers_too(status: int) -> None:
    """R19-3"""
    answer = ask(edge(answering(status)), headers={"origin": "https://shop.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]


def test_without_an_origin_there_are_none() -> None:
    assert not [name for name in ask(edge(answering())).headers if name.startswith("access-control")]


def test_vary_adds_up() -> None:
    app = answering(headers=[(b"vary", b"Accept")])
    answer = ask(edge(app, **FRONTEND), headers={"origin": "https://shop.example"})
    assert answer.headers.get_list("vary") == ["Accept", "Origin"]
