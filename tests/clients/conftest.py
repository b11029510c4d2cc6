"""Both APIs over ports, once for all tests of clients on a kind of database."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from clients.served import Served, embedded, services


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Shared: each test takes away the rows that it made."""
    folder = tmp_path_factory.mktemp("clients")
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield embedded(folder, stack)
        else:
            settings = stack.enter_context(request.getfixturevalue("copy_chinook")("postgresql", folder))
            yield services(settings.database, folder, stack)


@pytest.fixture(scope="session")
def camel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """GraphQL under the other naming convention; on one database, for names are no matter of the database."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("camel")
        yield embedded(folder, stack, GEMEL_NAMING_CONVENTION="graphql-default")
