"""The way of a request: plan it, say it in SQL, run it. Both APIs call nothing else.

Preparing is done once per (role, request): what comes out is cached by exactly that, so that a second request of the
same shape is looked up and run.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from gemel.app import App
from gemel.catalog import Catalog, read_catalog
from gemel.errors import AppError, GemelError, OneOfMany, WrongRowCount
from gemel.execute import Database, Once, PostgreSQLDatabase, Reply, SQLiteDatabase, Written, perform
from gemel.execute import once as run_once
from gemel.execute.database import Row, Script
from gemel.functions import Function, FunctionFailed, Outcome, accept_all, run
from gemel.plan import plan_mutation, plan_query
from gemel.request import Mutation, Query
from gemel.settings import Settings
from gemel.sql import (
    Estimate,
    Statement,
    WriteSteps,
    compile_estimate,
    compile_mutation,
    compile_query,
    finished,
    planned_rows,
)
from gemel.state.readiness import revisions_query

__all__ = ["Answer", "Asked", "Engine", "Many", "Once", "Prepared", "PreparedWrite", "Reply", "Written", "open_engine"]

CACHED = 4096
"""Prepared requests that are kept, of reads and of writes each."""
ROOT_COLUMNS = 3

Key = TypeVar("Key")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one root of a query."""

    body: str
    """JSON text: an array for a select, an object for an aggregate, an object or ``null`` for one row."""
    rows: int
    """Rows in the body (of a select that is the only root; else 0)."""
    total: int | None
    """Rows without limit and offset, if asked of the only root; estimated if that was asked."""


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A query that is ready to run."""

    statement: Statement
    roots: int
    estimate: Estimate | None = None


@dataclass(frozen=True, eq=False, slots=True)
class PreparedWrite:
    """A mutation that is ready to run."""

    steps: tuple[WriteSteps, ...]


Asked = tuple[PreparedWrite, Sequence[object]]
"""A mutation, and the values of its slots."""
Many = tuple[tuple[Written, ...], ...]
"""Of each mutation what came of its writes."""


@dataclass
class _Place:
    """Which of several mutations is under way; ``None``: none of them."""

    number: int | None = None


class _Cache(Generic[Key, Item]):
    """What was made last, by key; the least used goes first."""

    def __init__(self, size: int) -> None:
        self._items: OrderedDict[Key, Item] = OrderedDict()
        self._size = size

    def get(self, key: Key, make: Callable[[], Item]) -> Item:
        item = self._items.get(key)
        if item is None:
            item = self._items[key] = make()
            if len(self._items) > self._size:
                self._items.popitem(last=False)
        else:
            self._items.move_to_end(key)
        return item


class Engine:
    """One served app on one database."""

    def __init__(self, settings: Settings, app: App, catalog: Catalog, database: Database) -> None:
        self.settings, self.app, self.catalog = settings, app, catalog
        self._database = database
        self._queries: _Cache[tuple[str, Query], Prepared] = _Cache(CACHED)
        self._mutations: _Cache[tuple[str, Mutation], PreparedWrite] = _Cache(CACHED)
        self._orm: AsyncEngine | None = None

    def prepare(self, role: str, query: Query) -> Prepared:
        """Plan and compile a query, or find it in the cache.

        :raises PlanError: it means nothing here, or the role may not.
        :raises Unsupported: the database cannot say it.
        """
        return self._queries.get((role, query), lambda: self._prepare(role, query))

    def _prepare(self, role: str, query: Query) -> Prepared:
        plan = plan_query(self.catalog, role, query)
        backend = self._database.backend
        return Prepared(compile_query(backend, plan), len(plan.roots), compile_estimate(backend, plan))

    async def read(self, prepared: Prepared, values: Sequence[object]) -> tuple[Answer, ...]:
        """Run a prepared query in one snapshot; one answer per root.

        :param values: of the slots.
        :raises DatabaseError: the database refused, or a value does not fit its column.
        """
        row = await self._database.read(prepared.statement, values)
        if prepared.statement.codecs:  # the app's Python may take its time
            row = await asyncio.to_thread(self._finished, prepared.statement, row)
        if prepared.roots == 1:
            total = row[2]
            if prepared.estimate is not None and prepared.estimate.needed(total):
                explained = await self._database.read(prepared.estimate.statement, values)
                total = max(total or 0, planned_rows(explained[0]))
            return (Answer(row[0], row[1], total),)
        starts = range(0, prepared.roots * ROOT_COLUMNS, ROOT_COLUMNS)
        return tuple(Answer(row[start], row[start + 1], row[start + 2]) for start in starts)

    def _finished(self, statement: Statement, row: Row) -> Row:
        dialect = self._database.backend.dialect
        return [finished(cell, statement.codecs, dialect) if isinstance(cell, str) else cell for cell in row]

    def prepare_write(self, role: str, mutation: Mutation) -> PreparedWrite:
        """Plan and compile a mutation, or find it in the cache.

        :raises PlanError, Unsupported: as ``prepare``.
        """
        return self._mutations.get((role, mutation), lambda: self._prepare_write(role, mutation))

    def _prepare_write(self, role: str, mutation: Mutation) -> PreparedWrite:
        plan = plan_mutation(self.catalog, role, mutation)
        return PreparedWrite(compile_mutation(self._database.backend, plan))

    async def write(
        self, prepared: PreparedWrite, values: Sequence[object], *, keep: bool = True
    ) -> tuple[Written, ...]:
        """Run a prepared mutation in one transaction; one result per write.

        :param values: of the slots.
        :param keep: otherwise all is rolled back once it is done.
        :raises DatabaseError, WrongRowCount, Mismatch: nothing was kept.
        """
        [written] = await self.write_all([(prepared, values)], keep=keep)
        return written

    async def write_all(self, asked: Sequence[Asked], *, keep: bool = True) -> Many:
        """Run several prepared mutations, each with its values, in one transaction.

        :raises OneOfMany: one failed, of several; nothing was kept.
        :raises DatabaseError, WrongRowCount, Mismatch, Outdated: as ``write``.
        """
        at = _Place()
        try:
            return await self._database.write(lambda: self._course(asked, at), keep=keep)
        except GemelError as error:
            if len(asked) == 1 or at.number is None:
                raise
            raise OneOfMany(at.number, error) from error

    async def write_once(self, asked: Sequence[Asked], once: Once, reply: Callable[[Many], Reply]) -> Reply:
        """The same, and keep the answer: when it is asked for again it is given, and nothing is done.

        :param reply: makes the answer of what came of the mutations.
        :raises Reused: the key was used for another request.
        """
        at, postgresql = _Place(), self.settings.is_postgresql

        def make() -> Script[Reply]:
            return run_once(once, datetime.now(UTC), self._course(asked, at), reply, postgresql=postgresql)

        try:
            return await self._database.write(make)
        except GemelError as error:
            if len(asked) == 1 or at.number is None:
                raise
            raise OneOfMany(at.number, error) from error

    def _course(self, asked: Sequence[Asked], at: "_Place") -> Script[Many]:
        done = []
        for at.number, (prepared, values) in enumerate(asked):
            done.append((yield from perform(self.catalog, self._database.backend, prepared.steps, values)))
        at.number = None
        return tuple(done)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for own resolvers; commits at the end of the block, rolls back on an exception."""
        if self._orm is None:
            self._orm = _orm_engine(self.settings, self.catalog)
        async with async_sessionmaker(self._orm, expire_on_commit=False).begin() as session:
            yield session

    async def call(
        self, called: Function, given: Mapping[str, object], *, exactly: int | None = None, most: int | None = None
    ) -> Outcome:
        """Call a function of the app.

        :param given: values of its arguments, as a client gave them.
        :param exactly: roll back unless it gives so many rows.
        :param most: roll back if it gives more.
        :raises DatabaseError: an argument does not fit, or the database refused a value.
        :raises WrongRowCount, FunctionFailed, GemelError: see ``gemel.functions.run``.
        """

        def check(rows: int) -> None:
            if exactly is not None and rows != exactly:
                raise WrongRowCount(rows)
            if most is not None and rows > most:
                raise WrongRowCount(rows, most=True)

        try:
            return await run(called, accept_all(called.parameters, given), self.session, check)
        except FunctionFailed as error:
            refused = self._database.refused(error.__cause__) if error.__cause__ is not None else None
            if refused is not None:
                raise refused from error
            raise

    async def applied(self) -> Sequence[tuple[str, str | None]]:
        """(revision, compatible_from) of the applied revisions of the app, oldest first, for readiness."""
        query = revisions_query(postgresql=self.settings.is_postgresql, state=self.settings.state)
        return [(row[0], row[1]) for row in await self._database.fetch(query)]

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()
        if self._orm is not None:
            await self._orm.dispose()


def _orm_engine(settings: Settings, catalog: Catalog) -> AsyncEngine:
    if settings.is_postgresql:
        uri = "postgresql+asyncpg://" + settings.database.removeprefix("postgresql://")
        arguments = {"server_settings": {"timezone": "UTC", "application_name": "gemel"}}
        return create_async_engine(uri, pool_size=settings.pool_size, connect_args=arguments)
    schemas = {getattr(table.source, "schema", None) for table in catalog.tables.values()}
    one_database = {"schema_translate_map": dict.fromkeys(schema for schema in schemas if schema)}
    engine = create_async_engine(f"sqlite+aiosqlite:///{settings.sqlite_path}", execution_options=one_database)

    @event.listens_for(engine.sync_engine, "connect")
    def enforce(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


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
