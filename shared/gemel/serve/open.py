"""Serve an app on a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gemel.app import App
from gemel.catalog import Catalog, read_catalog
from gemel.errors import AppError
from gemel.execute import Database, PostgreSQLDatabase, SQLiteDatabase
from gemel.serve.engine import Engine
from gemel.settings import Settings


def _check_names(catalog: Catalog) -> None:
    """On SQLite schemas only group models.

    :raises AppError: two tables are then one.
    """
    seen: dict[str, str] = {}
    for schema, name in catalog.tables:
        if name in seen:
            raise AppError(
                f"on SQLite, tables {seen[name]}.{name} and {schema}.{name} would be one: rename one of them"
            )
        seen[name] = schema


@asynccontextmanager
async def open_engine(settings: Settings, app: App) -> AsyncIterator[Engine]:
    """Serve an app on the database of the settings, until the end of the block.

    The database need not answer yet: requests fail until it does.

    :raises AppError: the models cannot be served.
    """
    catalog = read_catalog(app.mappers)
    if app.hooks.committed and not settings.state:
        raise AppError("@committed hooks need Gemel's own tables, which the setting state keeps out: set state = true")
    database: Database
    if settings.is_postgresql:
        database = PostgreSQLDatabase(settings.database, size=settings.pool_size, seconds=settings.statement_timeout)
    else:
        _check_names(catalog)
        path = Path(settings.sqlite_path)
        database = SQLiteDatabase(path, catalog, readers=settings.readers, seconds=settings.statement_timeout)
    engine = Engine(settings, app, catalog, database)
    try:
        yield engine
    finally:
        await engine.close()
