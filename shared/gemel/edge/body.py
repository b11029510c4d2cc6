"""Read the body of a request: within a size and a time."""

import asyncio
from collections.abc import Mapping
from typing import Final

from gemel.errors import RequestTooLarge
from gemel.observe.asgi import Receive

PATIENCE: Final = 30.0
"""Seconds in which a body must have come."""


class ClientGone(Exception):
    """The client closed the connection: nobody waits for an answer, and nothing is wrong."""


class BodyTimeout(Exception):
    """The body did not come in time; the edge answers 408 (RFC 9110, section 15.5.9)."""


async def read_body(
    receive: Receive,
    headers: Mapping[str, str],
    limit: int,
    *,
    timeout: float = PATIENCE,  # noqa: ASYNC109
) -> bytes:
    """The whole body.

    :param headers: by lower-case name.
    :param limit: bytes that it may have.
    :param timeout: seconds that it may take.
    :raises RequestTooLarge: by ``Content-Length`` before anything is read, else as soon as it is.
    :raises BodyTimeout: it was too slow. Not to be caught by services.
    :raises ClientGone: the client closed the connection. Not to be caught by services.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > limit):
        raise RequestTooLarge(limit)
    try:
        async with asyncio.timeout(timeout):
            return await _read(receive, limit)
    except TimeoutError:
        raise BodyTimeout(f"no whole request body within {timeout:g} seconds") from None


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise RequestTooLarge(limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
