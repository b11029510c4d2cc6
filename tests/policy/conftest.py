"""Both services on a database with policies."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import empty_of
from gemel.app import App
from gemel.settings import Settings
from gemel_migrator import migrate

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parent.parent / "graphql"))

from wiki import fill, wiki_app

from asker import Asker, asking

KINDS = ["sqlite", "postgresql", "sqlite-hooked", "postgresql-hooked"]


@pytest.fixture(params=KINDS)
def wiki(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asker]:
    """The wiki on a database of its own."""
    kind, _, hooked = request.param.partition("-")
    app = wiki_app(hooked=bool(hooked))
    with empty_of(kind, request, tmp_path) as settings:
        migrate(settings, app)
        fill(settings.database)
        with asking(settings, app) as asker:
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
