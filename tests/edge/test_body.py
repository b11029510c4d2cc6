"""Bodies: within a size and a time."""

import asyncio
from collections.abc import Mapping

import pytest

from edge.asgi import receiving
from gemel.edge import BodyTimeout, ClientGone, read_body
from gemel.errors import RequestTooLarge
from gemel.observe.asgi import Message


def part(body: bytes, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def read(*messages: Message, headers: Mapping[str, str] | None = None, limit: int = 10, timeout: float = 30) -> bytes:
    return asyncio.run(read_body(receiving(*messages), headers or {}, limit, timeout=timeout))


@pytest.mark.parametrize("length", ["11", "999999999999999999999999999999", "00000000000000000000000000000000000011"])
def test_a_declared_length_over_the_limit_is_refused_before_anything_is_read(length: str) -> None:
    """R26-6"""
    with pytest.raises(RequestTooLarge) as refused:
        read(headers={"content-length": length})
    assert refused.value.limit == 10


@pytest.mark.parametrize("headers", [{}, {"content-length": "5"}, {"content-length": "x"}, {"content-length": "-1"}])
def test_what_comes_over_the_limit_is_refused_as_soon_as_it_does(headers: dict[str, str]) -> None:
    with pytest.raises(RequestTooLarge):
        read(part(b"12345", True), part(b"678901", True), headers=headers)


def test_a_client_that_goes_is_no_error_of_the_request() -> None:
    with pytest.raises(ClientGone):
        read(part(b"1", True), {"type": "http.disconnect"})


def test_a_body_that_never_ends_is_given_up() -> None:
    with pytest.raises(BodyTimeout):
        read(part(b"1", True), timeout=0.01)


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([part(b"")], b""),
        ([{"type": "http.request"}], b""),
        ([part(b"1234567890")], b"1234567890"),
        ([part(b"12", True), part(b"", True), part(b"34")], b"1234"),
    ],
)
def test_a_body_within_the_limits(messages: list[Message], body: bytes) -> None:
    assert read(*messages, headers={"content-length": "10"}) == body
