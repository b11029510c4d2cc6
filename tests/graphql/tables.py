"""Databases of a test's own models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

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
