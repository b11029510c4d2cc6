"""Start a service as a program: settings, logs, engine, its app in the edge, its port and its admin port.

With ``--workers N`` the parent binds both ports and starts N processes that accept on them. Each answers on the admin
port too: any of them can tell liveness and readiness, and ``/metrics`` adds up the counts of all.
"""

import argparse
import asyncio
import importlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any, Final

import structlog
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from gemel.app import load_app
from gemel.auth import is_local
from gemel.catalog import Catalog
from gemel.edge.connections import ADMIN, Connections, affordable
from gemel.edge.process import (
    Listener,
    Server,
    Stop,
    bind,
    closed_after,
    complain,
    config,
    keep_for_good,
    listen,
    run,
    serve,
    take_turns,
)
from gemel.edge.ready import database_check
from gemel.edge.scope import peer_is_loopback, request_headers
from gemel.edge.wrap import Edge
from gemel.errors import GemelError
from gemel.observe import Health, Metrics, configure_logging
from gemel.observe.asgi import AsgiApp, Receive, Scope, Send
from gemel.observe.health import PATHS
from gemel.observe.metrics import MULTIPROCESS, forget_dead_workers
from gemel.serve import Engine, open_engine
from gemel.settings import Settings, load, unknown_variables

MOST_WORKERS: Final = 64


@dataclass(frozen=True)
class Service:
    """What is particular to a service."""

    name: str
    """In logs and metrics."""
    module: str
    """Import name of the module that has ``create_app(engine, refused)`` and ``crash(trace_id)``."""
    port: int
    admin_port: int

    def wrap(self, engine: Engine, metrics: Metrics) -> Edge:
        """The service's app, in the edge."""
        module: Any = importlib.import_module(self.module)
        refused = metrics.refusals(self.name)
        return Edge(module.create_app(engine, refused), engine.settings, self.name, metrics, module.crash)


@dataclass(frozen=True)
class LocalHealth:
    """An app with the health paths on its own port, for programs of this machine only."""

    app: AsgiApp
    health: Health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "http" and scope["path"] in PATHS and _local(scope):
            await self.health(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _local(scope: Scope) -> bool:
    return is_local(request_headers(scope), peer_is_loopback(scope))


def main(service: Service, given: Sequence[str] | None = None) -> int:
    """Run the service until it is told to stop.

    :param given: command line options (default: those of this process).
    :returns: exit status: 0 after a stop, 1 with the reason on stderr if it could not start.
    """
    stop = Stop()
    stop.install()
    try:
        workers = arguments(service, given).workers
        settings = load(defaults={"port": service.port, "admin_port": service.admin_port})
        configure_logging(settings.debug)
        warn_of_unknown_variables()
        load_app(settings.app)
        with _bound(settings) as ports:
            if workers > 1:
                return _run_workers(service, settings, ports, workers)
            return _run(service, settings, ports, stop)
    except GemelError as error:
        complain(error.message)
        return 1
    except KeyboardInterrupt:
        return 130


def warn_of_unknown_variables() -> None:
    """A misspelt setting in the environment changes nothing, and should not do so in silence."""
    for name in unknown_variables():
        structlog.get_logger("gemel").warning("unknown setting in the environment", variable=name)


def arguments(service: Service, given: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line: ``workers``.

    :param given: default: those of this process.
    """
    parser = argparse.ArgumentParser(prog=f"python -m gemel_{service.name}", description=f"The {service.name} service.")
    parser.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes that serve (default: 1)")
    return parser.parse_args(given)


def _workers(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MOST_WORKERS}")
    return int(text)


@dataclass(frozen=True)
class _Ports:
    main: list[socket]
    admin: list[socket]


@contextmanager
def _bound(settings: Settings) -> Iterator[_Ports]:
    admin = bind(settings.host, settings.admin_port, "admin_port") if settings.admin_port else []
    with closed_after(admin), closed_after(bind(settings.host, settings.port, "port")) as main_port:
        yield _Ports(main_port, admin)


@asynccontextmanager
async def _opened(service: Service, settings: Settings, bound: Connections) -> AsyncIterator[tuple[Edge, Health]]:
    async with open_engine(settings, load_app(settings.app)) as engine:
        warn_of(engine.catalog)
        metrics = Metrics()
        bound.refused = metrics.closed_connections(service.name)
        yield service.wrap(engine, metrics), Health({"database": database_check(engine)}, metrics)


def warn_of(catalog: Catalog) -> None:
    """Name in the log what of the models is not served, or not as it says (docs/decisions.md, 6)."""
    for warning in catalog.warnings:
        structlog.get_logger("gemel").warning("models", reason=warning)


def _run(service: Service, settings: Settings, ports: _Ports, stop: Stop) -> int:
    bound = Connections(affordable(settings.max_connections))

    async def work() -> None:
        async with _opened(service, settings, bound) as (edge, health):
            listen(ports.main, "port")
            listen(ports.admin, "admin_port")
            announce(service.name, settings, ports.main, ports.admin)
            listeners = [Listener(health, ports.admin, Connections(ADMIN))] if ports.admin else []
            app = edge if ports.admin else LocalHealth(edge, health)
            await serve([Listener(app, ports.main, bound), *listeners], stop)

    run(work(), stop)
    return 0


def announce(service: str, settings: Settings, main: Sequence[socket], admin: Sequence[socket]) -> None:
    """Log where it listens."""
    structlog.get_logger("gemel").info(
        "listening",
        service=service,
        host=settings.host,
        port=main[0].getsockname()[1],
        admin_port=admin[0].getsockname()[1] if admin else None,
        database="postgresql" if settings.is_postgresql else "sqlite",
    )


def _run_workers(service: Service, settings: Settings, ports: _Ports, workers: int) -> int:
    listen(ports.main, "port")
    listen(ports.admin, "admin_port")
    with tempfile.TemporaryDirectory(prefix="gemel-metrics-") as folder:
        os.environ[MULTIPROCESS] = folder  # read by prometheus_client when a worker imports it
        announce(service.name, settings, ports.main, ports.admin)
        bound = Connections(affordable(settings.max_connections))
        factory = WorkerFactory(service, settings, ports.admin, bound)
        parent = Multiprocess(config(factory, bound, workers=workers), ports.main)
        parent.run()
    return 1 if any(process.exitcode == STARTUP_FAILURE for process in parent.processes) else 0


@dataclass(frozen=True)
class WorkerFactory:
    """Makes the app of a worker process; sent to it by pickle."""

    service: Service
    settings: Settings
    admin: list[socket]
    bound: Connections
    """That of the worker's server, too: they are sent to it together."""

    def __call__(self) -> AsgiApp:
        """Called in the worker, before its loop runs."""
        configure_logging(self.settings.debug)
        forget_dead_workers(Path(os.environ[MULTIPROCESS]))
        return _Worker(self)


class _Worker:
    """App of one worker: opened and closed by ASGI's lifespan, since a worker's loop is uvicorn's."""

    def __init__(self, made: WorkerFactory) -> None:
        self._made = made
        self._app: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                self._app = await stack.enter_async_context(self._open())
            except GemelError as error:
                await send({"type": "lifespan.startup.failed", "message": error.message})
                return
            keep_for_good()
            take_turns()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AsgiApp]:
        made = self._made
        async with _opened(made.service, made.settings, made.bound) as (edge, health):
            if not made.admin:
                yield LocalHealth(edge, health)
                return
            server = Server(config(health, Connections(ADMIN), grace=1))
            task = asyncio.ensure_future(server.serve(list(made.admin)))
            try:
                yield edge
            finally:
                server.should_exit = True
                await task
