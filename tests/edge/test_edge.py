"""The wrapper around the services: last answers, trace ids, headers, access log, metrics."""

import asyncio
import re
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from edge.asgi import Sent, answering, ask, client, edge, receiving, scope
from gemel.edge import BodyTimeout, ClientGone
from gemel.observe import Metrics
from gemel.observe.asgi import AsgiApp, Receive, Scope, Send
from gemel.observe.metrics import MOST_ROUTES

NEW = re.compile(r"[0-9a-f]{32}")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def raising(error: BaseException, begin: bool = False) -> AsgiApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begin:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"[1,", "more_body": True})
        raise error

    return app


def call(app: AsgiApp, *headers: tuple[bytes, bytes], **more: Any) -> Sent:
    sent = Sent()
    asyncio.run(app(scope(headers, **more), receiving(), sent))
    return sent


def test_a_bug_is_answered_by_the_service_and_tells_nothing_of_the_inside() -> None:
    with capture_logs() as logs:
        answer = ask(edge(raising(KeyError("the inside"))), headers={"origin": "https://shop.example"})
    trace = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert answer.json() == {"trace": trace}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [(line["event"], line["log_level"]) for line in logs] == [("crash", "error"), ("request", "info")]
    assert logs[1]["status"] == 500


def test_a_bug_in_the_middle_of_an_answer_leaves_it_without_an_end() -> None:
    with capture_logs() as logs:
        sent = call(edge(raising(KeyError("the inside"), begin=True)))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"]  # so the server closes the connection
    assert [line["event"] for line in logs] == ["crash", "request"]


def test_a_client_that_has_gone_is_no_bug() -> None:
    with capture_logs() as logs:
        assert call(edge(raising(ClientGone()))) == []
    assert [(line["event"], line["status"]) for line in logs] == [("request", 499)]


def test_a_body_that_did_not_come_is_answered_and_the_connection_closed() -> None:
    with capture_logs() as logs:
        start, end = call(edge(raising(BodyTimeout("too slow"))))
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert end["body"] == b""
    assert [line["event"] for line in logs] == ["body too slow", "request"]


def test_after_a_body_that_is_too_large_the_connection_is_closed() -> None:
    assert ask(edge(answering(413))).headers["connection"] == "close"
    assert "connection" not in ask(edge(answering(400))).headers


def test_a_request_that_is_cancelled_is_logged_and_stays_cancelled() -> None:
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        call(edge(raising(asyncio.CancelledError())))
    assert [(line["event"], line["status"]) for line in logs] == [("request", 499)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, NEW),
        ({"traceparent": PARENT}, re.compile("0af7651916cd43dd8448eb211c80319c")),
        ({"traceparent": PARENT, "x-request-id": "mine"}, re.compile("0af7651916cd43dd8448eb211c80319c")),
        ({"traceparent": PARENT.replace("00-", "cc-") + "-more"}, re.compile("0af7651916cd43dd8448eb211c80319c")),
        ({"traceparent": PARENT.replace("00-", "ff-")}, NEW),
        ({"traceparent": PARENT.upper()}, NEW),
        ({"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"}, NEW),
        ({"traceparent": PARENT[:-2]}, NEW),
        ({"traceparent": "garbage", "x-request-id": "mine-1.2_3:4"}, re.compile(r"mine-1\.2_3:4")),
        ({"x-request-id": "a" * 128}, re.compile("a{128}")),
        ({"x-request-id": "a" * 129}, NEW),
        ({"x-request-id": ""}, NEW),
        ({"x-request-id": 'a"b'}, NEW),
        ({"x-request-id": "a b"}, NEW),
        ({"x-request-id": "<script>"}, NEW),
        ({"x-request-id": "\u00e9".encode().decode("latin-1")}, NEW),
    ],
)
def test_the_trace_id(headers: dict[str, str], expected: re.Pattern[str]) -> None:
    """R26-3"""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["gemel.trace_id"], structlog.contextvars.get_contextvars()["trace_id"]))
        await answering()(scope, receive, send)

    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = ask(edge(app), headers=raw)
    found = answer.headers.get_list("x-request-id")
    assert len(found) == 1
    assert expected.fullmatch(found[0])
    assert seen == [(found[0], found[0])]
    assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_every_request_has_another_trace_id() -> None:
    async def run() -> set[str]:
        async with client(edge(answering())) as found:
            return {(await found.get("/")).headers["x-request-id"] for _ in range(20)}

    assert len(asyncio.run(run())) == 20


def test_security_headers() -> None:
    answer = ask(edge(answering()))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "content-security-policy" not in answer.headers


def test_a_page_may_not_be_framed() -> None:
    page = [(b"Content-Type", b"text/html; charset=utf-8")]
    assert ask(edge(answering(headers=page))).headers["content-security-policy"] == "frame-ancestors 'none'"
    own = answering(headers=[*page, (b"Content-Security-Policy", b"default-src 'self'")])
    assert ask(edge(own)).headers.get_list("content-security-policy") == ["default-src 'self'"]


def test_the_access_log_has_no_values_of_the_query_and_no_headers() -> None:
    """R26-5"""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["gemel.role"] = "customer"
        await answering(201, body=b"12345")(scope, receive, send)

    with capture_logs() as logs:
        ask(edge(app), "POST", "/rest/v1/a%0Ab?title=eq.private", headers={"authorization": "Bearer private"})
    (line,) = logs
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "service": "rest",
        "method": "POST",
        "path": "/rest/v1/a%0Ab",
        "status": 201,
        "bytes": 5,
        "role": "customer",
    }


def test_metrics_count_by_class_of_route_and_not_by_what_was_asked() -> None:
    metrics = Metrics()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["gemel.route"] = "table"
        await answering()(scope, receive, send)

    found = edge(app, metrics)
    for path in ("/rest/v1/album", "/rest/v1/artist", "/rest/v1/album?id=eq.5"):
        ask(found, "GET", path)
    ask(found, "BREW", "/")
    text = metrics.expose("")[0].decode()
    assert 'gemel_http_requests_total{method="GET",route="table",service="rest",status="200"} 3.0' in text
    assert 'gemel_http_requests_total{method="other",route="table",service="rest",status="200"} 1.0' in text
    assert 'gemel_http_request_duration_seconds_count{route="table",service="rest"} 4.0' in text
    assert 'gemel_http_requests_running{service="rest"} 0.0' in text
    assert "album" not in text


def test_metrics_do_not_grow_without_end() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.observe("rest", f"METHOD{number}", f"route{number}", 200, 0.001)
    series = re.findall(r"^gemel_http_requests_total\{.*\} (.*)$", metrics.expose("")[0].decode(), re.MULTILINE)
    assert len(series) == MOST_ROUTES + 1
    assert sum(map(float, series)) == 1000


def test_two_instances_count_apart() -> None:
    one, other = Metrics(), Metrics()
    ask(edge(answering(), one))
    assert b"gemel_http_requests_total{" in one.expose("")[0]
    assert b"gemel_http_requests_total{" not in other.expose("")[0]


def test_what_is_no_request_reaches_the_app_as_it_is() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(edge(app)({"type": "lifespan"}, receiving(), Sent()))
    call(edge(app), type="websocket")
    assert seen == ["lifespan", "websocket"]
