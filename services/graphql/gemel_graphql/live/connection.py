"""One WebSocket: who asks, and the operations that run on it."""

import asyncio
import math
import time
from collections.abc import Coroutine, Mapping
from contextlib import AbstractContextManager, ExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from gemel.apart import underway
from gemel.auth import Actor, Authenticator
from gemel.edge import Gate
from gemel.edge.body import Kept, no_room
from gemel.edge.gate import Kind
from gemel.edge.room import weight
from gemel.edge.websocket import UNKNOWN, allow_messages
from gemel.errors import AccessError, GemelError, LimitExceeded, PlanError, RequestError
from gemel.observe.asgi import Message, Receive, Scope, Send
from gemel_graphql.body import read_request
from gemel_graphql.live.poll import Polls
from gemel_graphql.live.protocol import Protocol
from gemel_graphql.respond.errors import body, failure, unexpected
from gemel_graphql.service import Service

INIT_SECONDS: Final = 10.0
SEND_SECONDS: Final = 30.0
"""After which a client that does not read is given up."""
KEEP_ALIVE_SECONDS: Final = 5.0
MOST_OPERATIONS: Final = 100
"""That run at a time on one connection."""
NORMAL, TOO_BIG, MALFORMED, UNAUTHORIZED, FORBIDDEN = 1000, 1009, 4400, 4401, 4403
NO_INIT, DUPLICATE, TOO_MANY_INITS, TOO_MANY = 4408, 4409, 4429, 4429


@dataclass(frozen=True)
class Credentials:
    """Proofs of the request that became the connection."""

    authenticator: Authenticator
    headers: Mapping[str, str]
    loopback: bool

    async def actor(self, payload: object) -> Actor:
        """Who asks: the headers of the payload of ``connection_init`` come before those of the request.

        :raises AccessError: it is not proven.
        """
        given = payload.get("headers") if isinstance(payload, dict) else None
        named = {str(name).lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
        # A page may not say where it is from: that would make an admin of any site (docs/decisions.md, 17).
        told = {name: value for name, value in named.items() if name not in ("host", "origin")}
        return await self.authenticator.admit({**self.headers, **told}, self.loopback)


@dataclass(frozen=True)
class Passage:
    """What lets the operations of the connection in."""

    gate: Gate
    scope: Scope
    """Of the request that became the connection."""

    async def count(self, actor: Actor) -> None:
        """:raises LimitExceeded: the role may send no more for now."""
        await self.gate.count(actor, self.scope)

    def passing(self, actor: Actor, kind: Kind) -> AbstractContextManager[None]:
        """:raises LimitExceeded: too many of the caller are under way."""
        return self.gate.passing(actor, self.scope, kind)


class _Closed(Exception):
    """The connection is to be closed.

    :param code: of RFC 6455 section 7.4, or of the protocol.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Connection:
    """Runs the operations of one client."""

    def __init__(
        self,
        service: Service,
        polls: Polls,
        protocol: Protocol,
        credentials: Credentials,
        passage: Passage,
        receive: Receive,
        send: Send,
    ) -> None:
        self._service, self._polls, self._protocol, self._credentials = service, polls, protocol, credentials
        self._passage = passage
        self._receive, self._send, self._limit = receive, send, UNKNOWN
        self._actor: Actor | None = None
        self._held = ExitStack()
        """What is the connection's until it ends."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()
        self._log = structlog.get_logger("gemel.graphql")
        self.operations = 0
        """That were begun."""

    async def run(self) -> None:
        """Serve until the client leaves, or has to."""
        try:
            async with asyncio.timeout(INIT_SECONDS) as limit:
                while await self._message():
                    if self._actor is not None:
                        limit.reschedule(_deadline(self._actor))
        except TimeoutError:
            await self._late()
        except _Closed as closed:
            await self._close(closed)
        finally:
            self._held.close()
            for task in (*self._running.values(), *self._others):
                task.cancel()
            await asyncio.gather(*self._running.values(), *self._others, return_exceptions=True)

    async def _late(self) -> None:
        """Nobody told who asks, or the token that told it has expired."""
        if self._actor is None:
            await self._close(_Closed(NO_INIT, "Connection initialisation timeout"))
            return
        told = failure(AccessError("token-expired", "JWT expired")).message
        if not self._protocol.modern:
            with suppress(ConnectionError):
                await self._say(orjson.dumps({"type": "connection_error", "payload": told}))
        await self._close(_Closed(FORBIDDEN if self._protocol.modern else MALFORMED, told))

    async def _close(self, closed: _Closed) -> None:
        with suppress(Exception):
            await self._send({"type": "websocket.close", "code": closed.code, "reason": closed.reason[:120]})

    async def _message(self) -> bool:
        """Handle one message; false if there are no more."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            return False
        message, size = self._read(event)
        del event  # it is large, and who does not read has us wait
        await self._handle(message["type"], message, size)
        return True

    def _read(self, event: Message) -> tuple[dict[str, Any], int]:
        """A message, and the bytes that it takes, about."""
        text = event.get("bytes") or (event.get("text") or "").encode("utf-8", "replace")
        if len(text) > self._limit:
            raise _Closed(TOO_BIG, f"a message may have {self._limit} bytes")
        try:
            message = orjson.loads(text)
        except ValueError:
            raise _Closed(MALFORMED, "the message is not JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _Closed(MALFORMED, "a message is an object with a type")
        return message, weight(text)

    async def _handle(self, kind: str, message: dict[str, Any], size: int) -> None:
        protocol = self._protocol
        match kind:
            case "connection_init":
                await self._init(message.get("payload"))
            case "connection_terminate" if not protocol.modern:
                raise _Closed(NORMAL)
            case "ping" if protocol.modern:
                await self._say(orjson.dumps({"type": "pong"}))
            case "pong" if protocol.modern:
                pass
            case _ if kind == protocol.start:
                await self._start(message, size)
            case _ if kind == protocol.stop:
                task = self._running.pop(str(message.get("id")), None)
                if task is not None:
                    task.cancel()
            case _:
                raise _Closed(MALFORMED, f"there is no message of type {kind[:40]!r}")

    async def _init(self, payload: object) -> None:
        if self._actor is not None:
            raise _Closed(TOO_MANY_INITS, "Too many initialisation requests")
        try:
            actor = await self._credentials.actor(payload)
            self._held.enter_context(self._passage.passing(actor, "connections"))
        except GemelError as error:
            self._passage.gate.tell(error)
            told = failure(error).message
            if self._protocol.modern:
                raise _Closed(TOO_MANY if isinstance(error, LimitExceeded) else FORBIDDEN, told) from None
            await self._say(orjson.dumps({"type": "connection_error", "payload": told}))
            raise _Closed(MALFORMED, told) from None
        self._actor = actor
        self._limit = self._passage.gate.body_limit(actor)
        allow_messages(self._passage.scope, self._limit, self._passage.gate.messages)
        await self._say(orjson.dumps({"type": "connection_ack"}))
        self._spawn(self._keep_alive())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def _keep_alive(self) -> None:
        while True:
            await self._say(self._protocol.keep_alive())
            await asyncio.sleep(KEEP_ALIVE_SECONDS)

    async def _start(self, message: dict[str, Any], size: int) -> None:
        operation = message.get("id")
        if not isinstance(operation, str):
            raise _Closed(MALFORMED, "an operation needs an id, which is a text")
        if self._actor is None:
            await self._not_started(operation, "start received before the connection is initialised", UNAUTHORIZED)
            return
        if operation in self._running:
            await self._not_started(operation, "an operation already exists with this id", DUPLICATE)
            return
        if len(self._running) >= MOST_OPERATIONS:
            raise _Closed(TOO_MANY, f"a connection may run {MOST_OPERATIONS} operations at a time")
        self.operations += 1
        kept = Kept(self._passage.gate.messages)
        if not kept.resize(size):
            kept.resize(0)
            message.clear()
            await self._refuse(operation, no_room())
            return
        task = asyncio.create_task(self._operation(operation, message.get("payload"), self._actor))
        self._running[operation] = task
        task.add_done_callback(lambda ended: self._free(operation, ended))
        task.add_done_callback(lambda _: kept.resize(0))

    def _free(self, operation: str, task: asyncio.Task[None] | None) -> None:
        """Let the id be used again, if it is not already."""
        if task is not None and self._running.get(operation) is task:
            del self._running[operation]

    async def _operation(self, operation: str, payload: object, actor: Actor) -> None:
        """Run an operation to its end; an error of it is told to the client alone."""
        started = False
        try:
            await self._passage.count(actor)
            request = read_request(payload, self._service.listed)
            with underway:
                live = await self._service.is_subscription(request, actor)
                followed = await self._service.prepare_live(request, actor) if live else None
            if followed is not None:
                with self._passage.passing(actor, "subscriptions"):
                    started = True
                    async with aclosing(self._polls.answers(*followed, actor)) as answers:
                        async for answer in answers:
                            await self._say(self._protocol.answer(operation, answer))
            else:
                with self._passage.passing(actor, "concurrency"), underway:
                    started = True
                    await self._say(self._protocol.answer(operation, await self._service.answer(request, actor)))
        except (GemelError, RecursionError) as error:
            known = error if isinstance(error, GemelError) else RequestError("validation-failed", "nested too deeply")
            running = started and not isinstance(known, RequestError | PlanError | LimitExceeded)
            await self._refuse(operation, known, running=running)
            if self._protocol.modern or not running:
                return
        except ConnectionError:
            return
        except Exception:
            self._log.exception("operation crashed")
            told = _errors(unexpected(self._passage.scope.get("gemel.trace_id")))
            await self._say(self._protocol.refused(operation, told, running=True))
            if self._protocol.modern:
                return
        # Once the client knows of the end it may use the id again.
        self._free(operation, asyncio.current_task())
        await self._say(orjson.dumps({"id": operation, "type": "complete"}))

    async def _not_started(self, operation: str, text: str, code: int) -> None:
        """Tell why; the new protocol closes the connection, too."""
        await self._refuse(operation, RequestError("start-failed", text))
        if self._protocol.modern:
            raise _Closed(code, text)

    async def _refuse(self, operation: str, error: GemelError, *, running: bool = False) -> None:
        """:param running: the operation had begun."""
        self._passage.gate.tell(error)
        await self._say(self._protocol.refused(operation, _errors(body(failure(error))), running=running))

    async def _say(self, text: bytes) -> None:
        """Send a message.

        :raises ConnectionError: the client does not read, or is gone.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS), self._one:
                await self._send({"type": "websocket.send", "text": text.decode()})
        except TimeoutError:
            raise ConnectionError("the client does not read") from None
        except (OSError, RuntimeError) as error:  # how the server says that the connection is closed (ASGI)
            raise ConnectionError("the client has left") from error


def _deadline(actor: Actor) -> float | None:
    """When its token expires, by the clock of the event loop; ``None``: never."""
    if math.isinf(actor.until):
        return None
    return asyncio.get_running_loop().time() + actor.until - time.time()


def _errors(answer: bytes) -> list[Any]:
    errors: list[Any] = orjson.loads(answer)["errors"]
    return errors
