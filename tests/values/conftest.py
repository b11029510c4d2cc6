"""Both services on each kind of database, serving one table per family of types."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import KINDS
from databases import empty_database, postgresql_settings, sqlite_settings

sys.path.append(str(Path(__file__).parent))

from families import typed_app
from fronts import Fronts, fronts


@pytest.fixture(scope="module", params=KINDS)
def typed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    """Clients of both services; every test begins with a row of its own."""
    folder = tmp_path_factory.mktemp("typed")
    if request.param == "sqlite":
        settings = sqlite_settings(folder)
        with fronts(settings, typed_app(settings)) as both:
            yield both
    else:
        with empty_database(request.getfixturevalue("postgresql_server")) as address:
            settings = postgresql_settings(address, folder)
            with fronts(settings, typed_app(settings)) as both:
                yield both
