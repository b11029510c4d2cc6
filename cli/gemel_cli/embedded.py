"""The whole product in one process: settings, migrations, schedule, then one port for both APIs."""

import argparse
import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from socket import socket
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from gemel.app import App, load_app
from gemel.edge import Edge
from gemel.edge.connections import Connections, affordable
from gemel.edge.process import Listener, Stop, bind, closed_after, complain, listen, run, serve
from gemel.edge.ready import database_check
from gemel.edge.service import Service, warn_of, warn_of_unknown_variables
from gemel.errors import GemelError, SettingsError
from gemel.observe import Health, Metrics, configure_logging
from gemel.outbox import deliver_until
from gemel.serve import Engine, open_engine
from gemel.settings import Settings, load
from gemel_backup.beside import beside
from gemel_backup.schedule.due import check_settings
from gemel_backup.schedule.embedded import run_schedule
from gemel_cli.root import Index, Root, crash
from gemel_cli.seed import SeedError, seed
from gemel_migrator.connect import describe, explain, make_engine, wait_for_database
from gemel_migrator.run import migrate

GRACE: Final = 10
"""Seconds that requests in flight, and then the schedule, are given when it stops."""
GRAPHQL: Final = Service(name="graphql", module="gemel_graphql.app", port=0, admin_port=0)
REST: Final = Service(name="rest", module="gemel_rest.app", port=0, admin_port=0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop.

    :returns: exit status: 0 after a stop, 130 if it was stopped before it served, 1 with the reason on stderr if it
        could not start.
    """
    stop = Stop()
    stop.install()
    try:
        options = _arguments(arguments)
        settings = load()
        configure_logging(settings.debug)
        warn_of_unknown_variables()
        app = load_app(settings.app)
        check_settings(
            settings, app, datetime.now(UTC)
        )  # a wrong cron expression stops the start, not the thread of the schedule
        with closed_after(bind(settings.host, settings.port, "port")) as sockets:
            _prepare(settings, app, with_data=options.seed)
            with _scheduled(settings, app, stop.asked):
                run(_serve(settings, app, sockets, stop), stop)
    except GemelError as error:
        complain(error.message)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="main.py", description="Migrate the database, run the schedule, and serve GraphQL and REST on one port."
    )
    parser.add_argument("--seed", action="store_true", help="load the app's sample data if its tables are empty")
    return parser.parse_args(arguments)


def _prepare(settings: Settings, app: App, *, with_data: bool) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data_dir: {settings.data_dir} cannot be made: {error.strerror}") from None
    wait_for_database(settings, report=_say)
    migrate(settings, app, report=_say)
    if with_data and app.data.is_dir() and _is_empty(settings, app):
        counts = seed(settings, app)
        _say(f"seed: {sum(counts.values())} rows in {len(counts)} tables")


def _is_empty(settings: Settings, app: App) -> bool:
    """Whether no table of the app holds a row."""
    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            tables = [table for metadata in app.metadata for table in metadata.sorted_tables]
            return not any(connection.execute(select(1).select_from(table).limit(1)).first() for table in tables)
    except DBAPIError as error:
        raise SeedError(f"{describe(settings)}: {explain(error)}") from error
    finally:
        engine.dispose()


@contextmanager
def _scheduled(settings: Settings, app: App, stop: threading.Event) -> Iterator[None]:
    """While in the block, what is due is done; at its end what runs is given a little time."""
    with beside(partial(_run_schedule, settings, app), "schedule", ended=stop, seconds=GRACE):
        yield


def _run_schedule(settings: Settings, app: App, stop: threading.Event) -> None:
    try:
        run_schedule(settings, app, stop)
    except Exception:
        # The APIs go on: what is served does not depend on the backups, and the log says that there are none.
        structlog.get_logger("gemel").exception("the schedule has ended, no backups are taken")


async def _serve(settings: Settings, app: App, sockets: Sequence[socket], stop: Stop) -> None:
    async with open_engine(settings, app) as engine:
        warn_of(engine.catalog)
        metrics = Metrics()
        root = _root(engine, metrics)
        bound = Connections(affordable(settings.max_connections), metrics.closed_connections("embedded"))
        listen(sockets, "port")
        _announce(settings, sockets)
        async with _telling(engine):
            await serve([Listener(root, sockets, bound)], stop, grace=GRACE)


@asynccontextmanager
async def _telling(engine: Engine) -> AsyncIterator[None]:
    """While in the block, hooks are told what was committed; at its end the one under way is waited for a little."""
    ended = asyncio.Event()
    task = asyncio.create_task(deliver_until(engine, ended))
    try:
        yield
    finally:
        ended.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(task, GRACE)


def _root(engine: Engine, metrics: Metrics) -> Root:
    return Root(
        graphql=GRAPHQL.wrap(engine, metrics),
        rest=REST.wrap(engine, metrics),
        health=Health({"database": database_check(engine)}, metrics),
        other=Edge(Index(engine.app.name), engine.settings, "embedded", metrics, crash),
    )


def _announce(settings: Settings, sockets: Sequence[socket]) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{sockets[0].getsockname()[1]}"
    _say(f"{settings.app} from {_database(settings)}")
    _say(f"  GraphQL  {address}/graphql")
    _say(f"  REST     {address}/rest/v1/")
    if not settings.has_secret:
        _say("no secret is set: every program of this machine is admin (admin_secret or jwt_secret_key changes that)")
    _say("Ctrl-C stops")


def _database(settings: Settings) -> str:
    if settings.is_postgresql:
        return "PostgreSQL"
    path = settings.sqlite_path
    return f"SQLite ({path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path})"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
