"""A client of the GraphQL service on each database."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemel.app import App
from gemel.settings import Settings

sys.path.append(str(Path(__file__).parent))

from graphql_client import GraphQL, serving


@pytest.fixture(scope="session")
def graphql(chinook_read: Settings, chinook_app: App) -> Iterator[GraphQL]:
    """Client of a service whose database is only read."""
    with serving(chinook_read, chinook_app) as client:
        yield client


@pytest.fixture
def graphql_write(chinook: Settings, chinook_app: App) -> Iterator[GraphQL]:
    """Client of a service whose database is this test's own."""
    with serving(chinook, chinook_app) as client:
        yield client
