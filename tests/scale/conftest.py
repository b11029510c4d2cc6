"""The app of very many tables, and a database that has them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import KINDS
from databases import empty_of
from gemel.settings import Settings

sys.path.append(str(Path(__file__).parent))

from large import create_tables, write_app

NAME = "large"


@pytest.fixture(scope="session")
def large_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds the package ``large``."""
    folder = tmp_path_factory.mktemp("large_app")
    write_app(folder, NAME)
    return folder


@pytest.fixture(scope="session", params=KINDS)
def large(
    request: pytest.FixtureRequest, large_app: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of a database with the tables."""
    folder = tmp_path_factory.mktemp("large")
    with empty_of(request.param, request, folder) as settings:
        create_tables(settings, large_app, NAME)
        yield settings
