"""Let requests in, as many of each caller as the limits of its role allow (docs/limits.md)."""

import ipaddress
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from gemel.auth import Actor
from gemel.edge.body import BUSY, Bodies, Keeping
from gemel.edge.room import Room
from gemel.errors import DatabaseError, GemelError, LimitExceeded, RequestTooLarge
from gemel.limits import Limits, Rates
from gemel.observe.asgi import Receive, Scope
from gemel.serve import Engine

BODIES: Final = 33_554_432
"""Bytes of all bodies of requests that are under way, beyond which none grows to more than a small one."""
ROOM: Final = 33_554_432
"""Bytes of what is made of them at a time; further ones wait."""
MESSAGES: Final = 33_554_432
"""Bytes of what is made of messages of WebSockets. What a subscription was begun with stays as long as it does."""
ANSWERS: Final = 33_554_432
"""Bytes of the answers of batches that are under way."""

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Refused: TypeAlias = Callable[[str], None]
"""Counts the refusals of a limit."""
Caller: TypeAlias = tuple[str, str]
"""Role, and which of those that have it."""
Kind: TypeAlias = Literal["concurrency", "subscriptions", "connections"]
WORDS: Final[Mapping[Kind, str]] = {
    "concurrency": "requests",
    "subscriptions": "subscriptions",
    "connections": "WebSockets",
}


def uncounted(limit: str) -> None:
    """Counts no refusals."""


class Gate:
    """Of one service, in one worker."""

    def __init__(self, engine: Engine, refused: Refused) -> None:
        """:param refused: is told which limit refused a request."""
        settings, access = engine.settings, engine.access
        self._limits: Callable[[str], Limits] = lambda role: access.of(role).limits
        self._body_limit = settings.body_limit
        self._proxies = settings.trusted_proxies
        self._refused = refused
        self._rates = Rates(settings.rates_uri.get_secret_value())
        self._bodies = Bodies(BODIES)
        self.messages = Bodies(MESSAGES)
        """Of WebSockets."""
        self.answers = Bodies(ANSWERS)
        """Of batches."""
        self._room = Room(ROOM)
        self._running: Counter[tuple[Kind, Caller]] = Counter()

    def body_limit(self, actor: Actor) -> int:
        """Bytes that the body of a request may have."""
        most = self._limits(actor.role).body
        return self._body_limit if most is None else min(most, self._body_limit)

    def tell(self, error: GemelError) -> None:
        """Count what a limit refused (``gemel_refusals_total``); other errors are passed over."""
        limit = limit_of(error)
        if limit is not None:
            self._refused(limit)

    async def count(self, actor: Actor, scope: Scope, operations: int = 1, *, counted: int = 0) -> None:
        """Count the operations of a request.

        :param counted: of them were counted already.
        :raises LimitExceeded: there are too many of a request, or of a caller in a time.
        """
        limits = self._limits(actor.role)
        if limits.batch is not None and operations > limits.batch:
            text = f"the request has {operations} operations; the role may send {limits.batch} at a time"
            raise LimitExceeded("batch", text)
        if limits.rate is None or operations <= counted:
            return
        seconds = await self._rates.hit(limits.rates, self._caller(actor, scope), operations - counted)
        if seconds is not None:
            text = f"too many requests: the role may send {limits.rate}"
            raise LimitExceeded("rate", text, seconds)

    @contextmanager
    def passing(self, actor: Actor, scope: Scope, kind: Kind = "concurrency") -> Iterator[None]:
        """Something is under way until the end of the block.

        :raises LimitExceeded: there is too much of the caller.
        """
        most: int | None = getattr(self._limits(actor.role), kind)
        if most is None:
            yield
            return
        key = (kind, self._caller(actor, scope))
        if self._running[key] >= most:
            text = f"too many {WORDS[kind]} at a time: the role may have {most}"
            raise LimitExceeded(kind, text, BUSY)
        self._running[key] += 1
        try:
            yield
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]

    def keeping(self, receive: Receive) -> Keeping:
        """What a request receives is in memory until the end of the block.

        Its ``receive`` raises ``LimitExceeded`` if there is too much of all requests.
        """
        return Keeping(self._bodies, receive)

    def room(self, actor: Actor, raw: bytes) -> AbstractAsyncContextManager[None]:
        """Memory for what is made of a body, until the end of the block; a role whose bodies have no limit needs none.

        To be entered raises ``LimitExceeded`` if there is none for a long time.
        """
        return nullcontext() if self._limits(actor.role).body is None else self._room.hold_for(raw)

    def _caller(self, actor: Actor, scope: Scope) -> Caller:
        named = actor.user
        return actor.role, f"user {named}" if named is not None else client_address(scope, self._proxies)


def client_address(scope: Scope, proxies: Sequence[Network]) -> str:
    """Address of who asks: of the peer, or what it forwards for, as far as it and those before it are believed.

    :param proxies: who is believed.
    """
    peer = scope.get("client")
    address = peer[0] if peer is not None else ""
    if not proxies or not _is_among(address, proxies):
        return str(address)
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for before in reversed(forwarded.decode("latin-1").split(",")):
        found = before.strip()
        if _parsed(found) is None:
            break
        address = found
        if not _is_among(found, proxies):
            break
    return str(address)


@lru_cache(4096)
def _parsed(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _is_among(text: str, networks: Sequence[Network]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in networks)


def retry_after(error: LimitExceeded) -> str | None:
    """``Retry-After`` of a refusal, in whole seconds (RFC 9110, section 10.2.3)."""
    return None if error.retry_after is None else str(max(1, math.ceil(error.retry_after)))


def limit_of(error: GemelError) -> str | None:
    """The limit that an error speaks of, if it is one."""
    match error:
        case LimitExceeded(limit):
            return limit
        case RequestTooLarge():
            return "body"
        case DatabaseError(sqlstate="57014"):
            return "timeout"
    return None
