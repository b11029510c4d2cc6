"""What tests ask a database directly."""

from typing import Any

from sqlalchemy import inspect, text

from gemel.settings import Settings
from gemel.state.readiness import Revision, revisions_query
from gemel_migrator.connect import make_engine


def query(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a statement, which is committed."""
    engine = make_engine(settings)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def recorded(settings: Settings) -> list[Revision]:
    """Gemel's record of revisions, by the text that the services run."""
    rows = query(settings, revisions_query(postgresql=settings.is_postgresql, state=settings.state))
    return [Revision(*row) for row in rows]


def tables(settings: Settings, schema: str | None = None) -> set[str]:
    """Names of the tables."""
    engine = make_engine(settings)
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names(schema))
    engine.dispose()
    return names
