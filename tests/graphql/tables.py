"""Databases of a test's own models."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from databases import empty_database, postgresql_settings, sqlite_settings
from gemel.app import App
from gemel.settings import Settings


def app_of(base: type[DeclarativeBase]) -> App:
    """An app of these models, without resolvers."""
    mappers = sorted(base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return App(name="graphql", folder=Path(__file__).parent, mappers=tuple(mappers), metadata=(base.metadata,))


def create(settings: Settings, metadata: sa.MetaData, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Make the tables, and fill them."""
    engine = sa.create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://"))
    try:
        metadata.create_all(engine)
        with engine.begin() as connection:
            for name, items in rows.items():
                for row in items:
                    connection.execute(sa.insert(metadata.tables[name]).values(row))
    finally:
        engine.dispose()


@contextmanager
def empty_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Settings]:
    """Settings of a database without tables."""
    if kind == "sqlite":
        yield sqlite_settings(folder)
    else:
        with empty_database(request.getfixturevalue("postgresql_server")) as address:
            yield postgresql_settings(address, folder)
