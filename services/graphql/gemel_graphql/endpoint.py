"""``/graphql`` and ``/v1/graphql`` (``docs/dialects/graphql.md`` section 11).

Plain ASGI, since it stands in the hot path.
"""

from collections.abc import Mapping
from typing import Final

import structlog

from gemel.apart import in_thread
from gemel.auth import Actor, Authenticator
from gemel.auth.actor import ADMIN
from gemel.edge import BodyTimeout, ClientGone, Gate, peer_is_loopback, read_body, request_headers, retry_after
from gemel.edge.body import Kept
from gemel.errors import GemelError, LimitExceeded, RequestError
from gemel.observe.asgi import Receive, Scope, Send
from gemel.settings import Settings
from gemel_graphql.body import PIECE, read_requests
from gemel_graphql.graphiql import Page
from gemel_graphql.parse.refuse import NOT_SUPPORTED
from gemel_graphql.respond.errors import body, failure, unexpected
from gemel_graphql.service import Request, Service

JSON: Final = (b"content-type", b"application/json; charset=utf-8")


class Endpoint:
    """ASGI app of the API itself."""

    def __init__(
        self, service: Service, authenticator: Authenticator, gate: Gate, settings: Settings, page: Page | None
    ) -> None:
        """:param page: served to GET, if at all."""
        self._service = service
        self._authenticator = authenticator
        self._gate = gate
        self._debug = settings.debug
        self._page = page
        self._log = structlog.get_logger("gemel.graphql")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        scope["gemel.route"] = "graphql"
        if self._page is not None and scope["method"] in ("GET", "HEAD"):
            await self._page.send(send)
            return
        status, more = 200, list[tuple[bytes, bytes]]()
        try:
            answer = await self._answer(scope, receive)
        except GemelError as error:
            self._gate.tell(error)
            answer, after = body(failure(error)), retry_after(error) if isinstance(error, LimitExceeded) else None
            if after is not None:
                status, more = 429, [(b"retry-after", after.encode())]
        headers = [JSON, (b"content-length", str(len(answer)).encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        """
        :raises GemelError: nothing of the request is run.
        """
        headers = request_headers(scope)
        if scope["method"] != "POST":
            raise RequestError(NOT_SUPPORTED, f"{scope['method']} runs no operations: send them by POST")
        _check_origin(headers)
        actor = await self._authenticator.admit(headers, peer_is_loopback(scope))
        scope["gemel.role"] = actor.role
        trace = scope.get("gemel.trace_id")
        with self._gate.passing(actor, scope), self._gate.keeping(receive) as kept:
            raw, listed = await read_body(kept.receive, headers, self._gate.body_limit(actor)), self._service.listed
            async with self._gate.room(actor, raw):
                requests = (
                    read_requests(raw, listed) if len(raw) <= PIECE else await in_thread(read_requests, raw, listed)
                )
                await self._gate.count(actor, scope, len(requests) if isinstance(requests, list) else 1)
                if isinstance(requests, Request):
                    return await self._one(requests, actor, trace)
                return await self._several(requests, actor, trace)

    async def _several(self, requests: list[Request | RequestError], actor: Actor, trace: str | None) -> bytes:
        """The answers of a batch. Once they are too much together, what is left of it is refused."""
        answers, size, most = list[bytes](), 0, self._gate.answers.most
        with Kept(self._gate.answers) as kept:
            for item in requests:
                found = await self._one(item if kept.resize(size) and size <= most else _too_much(), actor, trace)
                answers.append(found)
                size += len(found)
        return b"[" + b",".join(answers) + b"]"

    async def _one(self, request: Request | GemelError, actor: Actor, trace: str | None) -> bytes:
        try:
            if isinstance(request, GemelError):
                raise request
            return await self._service.answer(request, actor)
        except (ClientGone, BodyTimeout):
            raise
        except GemelError as error:
            self._gate.tell(error)
            failed = failure(error)
            if failed.code == "unexpected":
                self._log.error("operation failed", error=error.message, kind=type(error).__name__)
            return body(failed, internal=self._debug and actor.role == ADMIN)
        except Exception:
            self._log.exception("operation crashed")
            return unexpected(trace)


def _too_much() -> LimitExceeded:
    text = "the answers of the batch are too large together: this operation was not run, send it by itself"
    return LimitExceeded("memory", text)


def _check_origin(headers: Mapping[str, str]) -> None:
    """A page of another site can send a form, but not JSON, without being asked first (docs/decisions.md, 17).

    :raises RequestError: a browser sends something else than JSON.
    """
    if "origin" not in headers and "cookie" not in headers:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/graphql+json"):
        raise RequestError("invalid-headers", "a browser has to send content-type: application/json")
