"""The ASGI app of the GraphQL service."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI

from gemel.auth import Authenticator
from gemel.edge import Gate, Refused, uncounted
from gemel.errors import AppError
from gemel.observe.asgi import AsgiApp
from gemel.policy import Access
from gemel.serve import Engine
from gemel_graphql.endpoint import JSON, Endpoint
from gemel_graphql.graphiql import PREFIX, Page
from gemel_graphql.interface import Interface, Interfaces, Rows
from gemel_graphql.live.endpoint import LiveEndpoint
from gemel_graphql.live.poll import Polls
from gemel_graphql.own.schema import Roots, read_own
from gemel_graphql.respond.errors import unexpected
from gemel_graphql.schema.build import Generated, Schema, Schemas, everything, generate
from gemel_graphql.schema.enums import enums_of
from gemel_graphql.schema.names import CONVENTIONS
from gemel_graphql.service import Service

PATHS: Final = ("/graphql", "/v1/graphql")


class GraphQLApp(FastAPI):
    """A FastAPI app whose API paths go past its middleware: that costs as much as a small query (performance.md, 5)."""

    def __init__(self, direct: Mapping[str, AsgiApp], live: AsgiApp, page: Page | None) -> None:
        """:param direct: apps by path.
        :param live: what answers WebSockets.
        """
        super().__init__(title="Gemel GraphQL", openapi_url=None, docs_url=None, redoc_url=None)
        self._direct, self._live = direct, live
        if page is not None:
            self.mount(PREFIX.rstrip("/"), page)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "websocket":
            await self._live(scope, receive, send)
            return
        app = self._direct.get(scope["path"]) if scope["type"] == "http" else None
        await (app(scope, receive, send) if app is not None else super().__call__(scope, receive, send))


def create_app(engine: Engine, refused: Refused = uncounted) -> AsgiApp:
    """The service for an engine. Without a secret, or in debug mode, it shows GraphiQL to browsers.

    :param refused: is told which limit refused a request.
    :raises AppError: ``resolvers.py`` of the app cannot be merged into the generated schema.
    """
    settings, log = engine.settings, structlog.get_logger("gemel")
    interfaces = interfaces_of(engine)
    for warning in interfaces.first.warnings:
        log.warning("not served", reason=warning)
    page = Page() if settings.debug or not settings.has_secret else None
    service = Service(engine, interfaces)
    authenticator = Authenticator(settings, engine.own_tables.api_key)
    polls = Polls(engine, settings.live_interval)
    gate = Gate(engine, refused)
    live = LiveEndpoint(service, authenticator, polls, gate, frozenset(PATHS))
    return GraphQLApp(dict.fromkeys(PATHS, Endpoint(service, authenticator, gate, settings, page)), live, page)


def interfaces_of(engine: Engine) -> Interfaces:
    """What may be asked of an engine, by role.

    :raises AppError: as ``create_app``.
    """
    settings, log = engine.settings, structlog.get_logger("gemel")
    names = CONVENTIONS[settings.naming_convention]

    def make(rows: Rows) -> Interface:
        enums = enums_of(rows, names)
        for warning in enums.warnings:
            log.warning("no enum", reason=warning)
        generated = generate(engine.catalog, names, enums, stringify=settings.stringify_numerics)
        own = read_own(engine.app.resolvers, generated.types) if engine.app.resolvers is not None else None

        def schema(access: Access) -> Schema:
            if access.everything:
                return merged(generated, own.of_admin if own is not None else None)
            seen = generate(access.views, names, enums, stringify=settings.stringify_numerics)
            return merged(seen, own.of(access, seen.types, log) if own is not None else None)

        return Interface(Schemas(engine.access, schema), own, generated.warnings)

    return Interfaces(engine, make)


def merged(generated: Generated, own: Roots | None) -> Schema:
    """The schema of a role.

    :param own: root fields of the app's own.
    :raises AppError: one has the name of a generated one.
    """
    query, mutation = dict(generated.query), dict(generated.mutation)
    for fields, more in ((query, own.query if own else {}), (mutation, own.mutation if own else {})):
        for name, item in more.items():
            if name in fields:
                raise AppError(f"resolvers: the root field {name!r} is generated already: choose another name")
            fields[name] = item
    return everything(query, mutation, generated.subscription)


def crash(trace_id: str) -> tuple[int, Sequence[tuple[bytes, bytes]], bytes]:
    """What the edge answers when the service failed to."""
    answer = unexpected(trace_id)
    return 200, [JSON, (b"content-length", str(len(answer)).encode())], answer
