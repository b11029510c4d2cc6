"""A service behind its edge, asked without a network."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from gemel.app import App
from gemel.edge import Edge, Refused
from gemel.observe import Metrics
from gemel.serve import Engine, open_engine
from gemel.settings import Settings
from gemel_graphql.app import crash as graphql_crash
from gemel_graphql.app import create_app as create_graphql
from gemel_rest.app import crash as rest_crash
from gemel_rest.app import create_app as create_rest

LOOPBACK = ("127.0.0.1", 50_000)


@contextmanager
def running(settings: Settings, app: App) -> Iterator[tuple[asyncio.Runner, Engine]]:
    """An engine, and the loop that it runs in."""
    with asyncio.Runner() as runner:
        opened = open_engine(settings, app)
        engine = runner.run(opened.__aenter__())
        try:
            yield runner, engine
        finally:
            runner.run(opened.__aexit__(None, None, None))


@contextmanager
def client_of(
    runner: asyncio.Runner,
    engine: Engine,
    name: str,
    create_app: Callable[[Engine, Refused], Any],
    crash: Callable[[str], Any],
    metrics: Metrics | None = None,
    **options: Any,
) -> Iterator[httpx.AsyncClient]:
    """A client of a service on this machine.

    :param metrics: of the service.
    :param options: of the client.
    """
    metrics = metrics or Metrics()
    edge = Edge(create_app(engine, metrics.refusals(name)), engine.settings, name, metrics, crash)
    transport = httpx.ASGITransport(edge, raise_app_exceptions=False, client=LOOPBACK)
    client = httpx.AsyncClient(transport=transport, **options)
    yield client
    runner.run(client.aclose())


@contextmanager
def both_services(
    settings: Settings, app: App, **options: Any
) -> Iterator[tuple[asyncio.Runner, Engine, httpx.AsyncClient, httpx.AsyncClient]]:
    """Clients of GraphQL and of REST, on one engine.

    :param options: of the clients.
    """
    with (
        running(settings, app) as (runner, engine),
        client_of(runner, engine, "graphql", create_graphql, graphql_crash, **options) as graphql,
        client_of(runner, engine, "rest", create_rest, rest_crash, **options) as rest,
    ):
        yield runner, engine, graphql, rest
