"""Both services on each kind of database, serving one table per family of types."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import KINDS
from databases import empty_of

sys.path.append(str(Path(__file__).parent))

from families import typed_app
from fronts import Fronts, fronts


@pytest.fixture(scope="module", params=KINDS)
def typed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    """Clients of both services; every test begins with a row of its own."""
    folder = tmp_path_factory.mktemp("typed")
    with empty_of(request.param, request, folder) as settings, fronts(settings, typed_app(settings)) as both:
        yield both
