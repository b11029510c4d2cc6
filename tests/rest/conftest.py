"""A client of the REST service on each database."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemel.app import App
from gemel.settings import Settings

sys.path.append(str(Path(__file__).parent))

from rest_client import Rest, serving


@pytest.fixture(scope="session")
def rest(chinook_read: Settings, chinook_app: App) -> Iterator[Rest]:
    """Client of a service whose database is only read."""
    with serving(chinook_read, chinook_app) as client:
        yield client


@pytest.fixture
def rest_write(chinook: Settings, chinook_app: App) -> Iterator[Rest]:
    """Client of a service whose database is this test's own."""
    with serving(chinook, chinook_app) as client:
        yield client
