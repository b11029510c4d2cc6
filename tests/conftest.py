"""What all tests share: real databases of both kinds, empty or holding Chinook.

Every test that asks for ``database``, ``chinook`` or ``chinook_read`` runs once on SQLite and once on PostgreSQL
(ids ``sqlite`` and ``postgresql``). :mod:`postgresql_server` says where the server comes from.
Under pytest-xdist the controlling process starts one server for all workers, and each worker names its own databases.
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from databases import copy_of, empty_database, empty_of, postgresql_settings, sqlite_settings
from gemel.app import App, load_app
from gemel.settings import Settings
from gemel_cli.seed import seed
from gemel_migrator import migrate
from postgresql_server import postgresql_server as start_postgresql

KINDS = ("sqlite", "postgresql")

SERVERS = pytest.StashKey[ExitStack]()
ADDRESS = pytest.StashKey[str]()


def pytest_configure() -> None:
    """A shell starts what runs in its background with SIGINT ignored, and so would be every process of a test."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # By default an exception is shown with all local variables, which of our large catalogs takes half a minute.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, colors=False)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """What a test changes of the logs is changed back."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level, access = root.handlers[:], root.level, logging.getLogger("uvicorn.access").disabled
    yield
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = access


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist, in the controlling process: tell a new worker where the server is."""
    config: pytest.Config = node.config
    if ADDRESS not in config.stash:
        config.stash[SERVERS] = ExitStack()
        config.stash[ADDRESS] = config.stash[SERVERS].enter_context(start_postgresql())
    node.workerinput["postgresql_server"] = config.stash[ADDRESS]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that was started for the workers."""
    if SERVERS in config.stash:
        config.stash[SERVERS].close()


@pytest.fixture(scope="session")
def postgresql_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a database of a PostgreSQL server on which databases may be created."""
    given = getattr(request.config, "workerinput", {}).get("postgresql_server")
    if given:
        yield given
    else:
        with start_postgresql() as address:
            yield address


@pytest.fixture(scope="session")
def chinook_app() -> App:
    """The sample app."""
    return load_app("chinook")


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty database."""
    with empty_of(request.param, request, tmp_path) as settings:
        yield settings


@pytest.fixture(params=KINDS)
def chinook(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database that holds Chinook, for this test alone."""
    with request.getfixturevalue("copy_chinook")(request.param, tmp_path) as settings:
        yield settings


@pytest.fixture(scope="session", params=KINDS)
def chinook_read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a database that holds Chinook, shared by all tests that only read."""
    folder = tmp_path_factory.mktemp("chinook_read")
    with request.getfixturevalue("copy_chinook")(request.param, folder) as settings:
        yield settings


CopyChinook = Callable[[str, Path], Any]


@pytest.fixture(scope="session")
def copy_chinook(request: pytest.FixtureRequest) -> CopyChinook:
    """``copy_chinook(kind, folder)``: a context in which a copy of Chinook exists; gives its :class:`Settings`.

    For tests that need more than one database at a time, such as those that compare the two kinds.
    """

    @contextmanager
    def copy(kind: str, folder: Path) -> Iterator[Settings]:
        with copy_of(request.getfixturevalue(f"{kind}_template"), request, folder) as settings:
            yield settings

    return copy


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, chinook_app: App) -> Settings:
    """A file that holds Chinook, to be copied."""
    settings = sqlite_settings(tmp_path_factory.mktemp("sqlite_template"))
    migrate(settings, chinook_app)
    seed(settings, chinook_app)
    return settings


@pytest.fixture(scope="session")
def postgresql_template(
    postgresql_server: str, tmp_path_factory: pytest.TempPathFactory, chinook_app: App
) -> Iterator[Settings]:
    """A database that holds Chinook, to be copied."""
    with empty_database(postgresql_server) as address:
        settings = postgresql_settings(address, tmp_path_factory.mktemp("postgresql_template"))
        migrate(settings, chinook_app)
        seed(settings, chinook_app)
        yield settings
