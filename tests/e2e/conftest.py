"""One stack for all tests of this folder."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from e2e.stack import Stack, stack


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, up and healthy, holding Chinook. A backup is due every minute; a base backup was, two hours ago."""
    past = datetime.now(UTC) - timedelta(hours=2)
    values = {"GEMEL_BACKUP_SCHEDULE": "* * * * *", "GEMEL_PITR_SCHEDULE": f"{past.minute} {past.hour} * * *"}
    with stack(tmp_path_factory.mktemp("stack"), **values, COMPOSE_PROFILES="pitr") as made:
        made.scripts("seed")
        yield made
        if request.session.testsfailed:
            request.config.get_terminal_writer().line(f"\n{made.logs()}")


@pytest.fixture
def admin(running: Stack) -> Iterator[httpx.Client]:
    """An HTTP client with the admin secret."""
    with running.client() as client:
        yield client


@pytest.fixture
def stranger(running: Stack) -> Iterator[httpx.Client]:
    """An HTTP client without a secret."""
    with running.client(admin=False) as client:
        yield client
