"""The endpoint: a plain ASGI callable under ``/rest/v1`` (``docs/dialects/rest.md`` section 1).

A question that was asked before, to the letter and by the same role, is neither parsed nor planned again.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import structlog

from gemel.apart import apart
from gemel.auth import Actor, Authenticator
from gemel.auth.actor import ADMIN
from gemel.cache import BoundedCache
from gemel.edge import Gate, peer_is_loopback, read_body, request_headers
from gemel.errors import GemelError, RequestError, UnknownTable
from gemel.functions import FunctionFailed
from gemel.observe.asgi import Receive, Scope, Send
from gemel.serve import Engine, Prepared
from gemel_rest.invoke import invoke
from gemel_rest.known import ENTRIES, READ_BYTES, Key, key_size
from gemel_rest.openapi import Documents
from gemel_rest.parse.call import parse_call
from gemel_rest.parse.functions import named_functions, served_functions, unknown_function
from gemel_rest.parse.model import FunctionCall, ReadShape, Values
from gemel_rest.parse.path import Resource, invalid_path, parse_path
from gemel_rest.parse.read import parse_read
from gemel_rest.parse.rules import Rules, RulesOfRoles, schema_of
from gemel_rest.parse.text import not_implemented
from gemel_rest.respond.errors import error_response, unproven
from gemel_rest.respond.item import item_response
from gemel_rest.respond.model import Response
from gemel_rest.respond.read import read_response
from gemel_rest.respond.send import send_response
from gemel_rest.writes import Sent, Writes

PREFIX: Final = "/rest/v1"

READ_HEADERS: Final = ("accept", "prefer", "range", "accept-profile")

METHODS: Final = {
    "root": ("OPTIONS", "GET", "HEAD", "POST"),
    "table": ("OPTIONS", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
    "item": ("OPTIONS", "GET", "HEAD", "PUT", "PATCH", "DELETE"),
    "function": ("OPTIONS", "GET", "HEAD", "POST"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """A question that was asked before."""

    prepared: Prepared
    values: Values
    shape: ReadShape


class Endpoint:
    """Serves the tables of one engine."""

    def __init__(self, engine: Engine, authenticator: Authenticator, documents: Documents, gate: Gate) -> None:
        self._engine, self._gate = engine, gate
        self._authenticator = authenticator
        self._documents = documents
        self._cut = len(PREFIX)
        self._anonymous = engine.settings.anonymous_role
        settings, catalog = engine.settings, engine.catalog
        rules = Rules(
            engine.access.of(ADMIN),
            catalog.schemas,
            settings.max_rows or None,
            settings.safe_writes,
            settings.rest_aggregates,
            settings.rest_tx_end,
            served_functions(catalog, engine.app.functions),
        )
        self._log = structlog.get_logger("gemel.rest")
        self._known: BoundedCache[Key, Known | FunctionCall] = BoundedCache(ENTRIES, READ_BYTES)
        self._rules = RulesOfRoles(engine.access, rules)
        self._writes = Writes(engine, self._rules, gate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        method = scope["method"]
        try:
            response = await self._answer(method, scope, receive)
        except GemelError as error:
            self._gate.tell(error)
            response = error_response(error)
        if response.status == 403 and scope.get("gemel.role") == self._anonymous:
            response = unproven(response)
        await send_response(send, method, response)

    async def _answer(self, method: str, scope: Scope, receive: Receive) -> Response:
        headers = request_headers(scope)
        actor = await self._authenticator.admit(headers, peer_is_loopback(scope))
        scope["gemel.role"] = actor.role
        await self._gate.count(actor, scope)
        with self._gate.passing(actor, scope):
            return await self._let_in(method, actor, scope, headers, receive)

    async def _let_in(
        self, method: str, actor: Actor, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Response:
        role = actor.access
        path: bytes = (scope.get("raw_path") or quote(scope["path"]).encode())[self._cut :]
        if method not in ("GET", "HEAD"):
            with self._gate.keeping(receive) as kept:
                return await self._other(method, actor, path, scope, headers, kept.receive)
        query: bytes = scope["query_string"]
        key = (role, method, path, query, *map(headers.get, READ_HEADERS))
        known = self._known.get(key)
        if known is None:
            resource = self._resource(method, path, scope)
            if resource.kind == "root":
                return await self._documents.response(role, headers, PREFIX)
            known = await apart(len(query), self._parse, method, role, resource, query, headers)
            size = known.prepared.size if isinstance(known, Known) else 0
            self._known.put(key, known, key_size(key) + size)
        else:
            scope["gemel.route"] = _route(known)
        if isinstance(known, FunctionCall):
            return await self._invoke(actor, known)
        answers = await self._engine.read(known.prepared, known.values, actor)
        if known.shape.item:
            return item_response(answers, known.shape, headers)
        return read_response(answers[0], known.shape)

    async def _invoke(self, actor: Actor, call: FunctionCall) -> Response:
        try:
            return await invoke(self._engine, actor, call)
        except FunctionFailed as failed:  # a bug of the app: the log has it, and the client learns nothing of it
            self._log.exception("function failed", function=call.function.name)
            return error_response(failed)

    def _parse(
        self, method: str, role: str, resource: Resource, query: bytes, headers: Mapping[str, str]
    ) -> Known | FunctionCall:
        rules = self._rules.of(role)
        if resource.kind == "function":
            return parse_call(rules, method, resource, query, headers)
        call = parse_read(rules, method, resource, query, headers)
        return Known(self._engine.prepare(role, call.query), call.values, call.shape)

    def _resource(self, method: str, path: bytes, scope: Scope) -> Resource:
        scope["gemel.route"] = "other"
        resource = parse_path(path)
        scope["gemel.route"] = "rpc" if resource.kind == "function" else resource.kind
        if method not in METHODS[resource.kind]:
            code = "PGRST101" if resource.kind == "function" else "PGRST117"
            raise RequestError(code, f"Unsupported HTTP method: {method}", status=405)
        return resource

    async def _other(
        self, method: str, actor: Actor, path: bytes, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Response:
        sent = Sent(method, path, scope["query_string"], headers)
        known = self._writes.known(actor.access, sent)
        if known is not None:
            scope["gemel.route"] = "item" if known.form.shape.item else "table"
            async with self._whole(actor, headers, receive) as raw:
                return await self._writes.one(actor, known, sent, raw)
        resource = self._resource(method, path, scope)
        if method == "OPTIONS":
            return self._options(resource, headers)
        async with self._whole(actor, headers, receive) as raw:
            return await self._unknown(actor, scope, sent, resource, raw)

    async def _unknown(self, actor: Actor, scope: Scope, sent: Sent, resource: Resource, raw: bytes) -> Response:
        if resource.kind == "root":
            return await self._writes.several(actor, scope, sent, raw)
        if resource.kind == "function":
            if "idempotency-key" in sent.headers:
                raise not_implemented("Idempotency-Key is not implemented for functions.")
            rules = self._rules.of(actor.access)
            size = len(sent.query) + len(raw)
            call = await apart(size, parse_call, rules, sent.method, resource, sent.query, sent.headers, raw)
            return await self._invoke(actor, call)
        known = await apart(len(sent.query), self._writes.parse, actor.access, sent, resource)
        return await self._writes.one(actor, known, sent, raw)

    @asynccontextmanager
    async def _whole(self, actor: Actor, headers: Mapping[str, str], receive: Receive) -> AsyncIterator[bytes]:
        """The body, with room for what is made of it."""
        raw = await read_body(receive, headers, self._gate.body_limit(actor))
        async with self._gate.room(actor, raw):
            yield raw

    def _options(self, resource: Resource, headers: Mapping[str, str]) -> Response:
        rules, allowed = self._rules.base, METHODS[resource.kind]  # policies are not consulted (R19-1)
        if resource.kind == "function":
            named = named_functions(rules, "OPTIONS", resource.name, headers)
            if not named:
                raise unknown_function(rules, "OPTIONS", resource.name, frozenset(), headers)
            if all(one.writes for one in named):
                allowed = ("OPTIONS", "POST")
        elif resource.kind != "root":
            schema, _ = schema_of(rules, "OPTIONS", headers)
            table = rules.views.tables.get((schema, resource.name))
            if table is None:
                raise UnknownTable(schema, resource.name)
            if table.primary_key is None and resource.kind == "item":
                raise invalid_path()
            if table.primary_key is None:
                allowed = tuple(name for name in allowed if name != "PUT")
            if not table.writable:
                allowed = ("OPTIONS", "GET", "HEAD")
        return Response(200, ((b"allow", ",".join(allowed).encode()), (b"content-length", b"0")))


def _route(known: Known | FunctionCall) -> str:
    if isinstance(known, FunctionCall):
        return "rpc"
    return "item" if known.shape.item else "table"
