"""Read the body of a request: within a size and a time, and with those of others within the memory."""

import asyncio
from collections.abc import Mapping
from typing import Final, Self

from gemel.errors import LimitExceeded, RequestTooLarge
from gemel.observe.asgi import Message, Receive

PATIENCE: Final = 30.0
"""Seconds in which a body must have come."""
BUSY: Final = 1.0
"""Seconds after which what was refused because of what is under way may be tried again."""
SMALL: Final = 16_384
"""Bytes that each request may have, however much there is of others."""


class ClientGone(Exception):
    """The client closed the connection: nobody waits for an answer, and nothing is wrong."""


class BodyTimeout(Exception):
    """The body did not come in time; the edge answers 408 (RFC 9110, section 15.5.9)."""


def no_room() -> LimitExceeded:
    """The refusal of what is too large for what others keep."""
    return LimitExceeded("memory", "too many large requests are under way: send it again later", BUSY)


class Bodies:
    """Of the requests, the messages, or the answers of batches that are under way in one service of one worker."""

    def __init__(self, most: int) -> None:
        """:param most: bytes of all, beyond which none may have more than a small one."""
        self.most, self.size = most, 0


class Kept:
    """What is kept of one of them, until the end of the block."""

    __slots__ = ("_bodies", "size")

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self.size = 0
        """Bytes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resize(0)

    def resize(self, size: int) -> bool:
        """Tell how many bytes it has now, and learn whether there is room for them.

        There is for one of any size as long as others have less than half of all, whatever the bounds of a single one.
        """
        others = self._bodies.size - self.size
        self._bodies.size, self.size = others + size, size
        most = self._bodies.most
        return size <= SMALL or others + size <= most or others <= most // 2


class Keeping(Kept):
    """What a request receives, counted among the bodies that are kept until the end of the block."""

    __slots__ = ("_receive",)

    def __init__(self, bodies: Bodies, receive: Receive) -> None:
        super().__init__(bodies)
        self._receive = receive

    async def receive(self) -> Message:
        """As of ASGI.

        :raises LimitExceeded: the bodies of all requests have more bytes than there may be.
        """
        message = await self._receive()
        if not self.resize(self.size + len(message.get("body", b""))):
            raise no_room()
        return message


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
