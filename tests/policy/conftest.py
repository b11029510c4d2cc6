"""Both services on a database with policies."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemel.app import App
from gemel.settings import Settings

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parent.parent / "graphql"))

from wiki import WIKIS, asked_wiki, filled_wiki

from asker import Asker, asking


@pytest.fixture(scope="session")
def sqlite_wiki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A file that holds the wiki, to be copied."""
    with filled_wiki("sqlite", request, tmp_path_factory.mktemp("wiki")) as settings:
        yield settings


@pytest.fixture(scope="session")
def postgresql_wiki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A database that holds the wiki, to be copied."""
    with filled_wiki("postgresql", request, tmp_path_factory.mktemp("wiki")) as settings:
        yield settings


@pytest.fixture(params=WIKIS)
def wiki(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asker]:
    """The wiki on a database of its own."""
    with asked_wiki(request, tmp_path) as asker:
        yield asker


@pytest.fixture(scope="session")
def shop(chinook_read: Settings, chinook_app: App) -> Iterator[Asker]:
    """Chinook, which is only read."""
    with asking(chinook_read, chinook_app) as asker:
        yield asker


@pytest.fixture
def shop_write(chinook: Settings, chinook_app: App) -> Iterator[Asker]:
    """Chinook of the test's own."""
    with asking(chinook, chinook_app) as asker:
        yield asker
