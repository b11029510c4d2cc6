"""SQLAlchemy's sessions: for the app's own code, and for writes that go through objects (docs/decisions.md, 11)."""

from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
import structlog
from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from gemel.auth import Actor
from gemel.catalog import Catalog, Table
from gemel.execute.acting import acting, acts, asking
from gemel.execute.database import Database, Row, Script, drive, for_clients, no_connection, repeated
from gemel.execute.explained import Explained
from gemel.execute.insert import Course
from gemel.execute.orm import Orm, Tell
from gemel.execute.sqlite_engine import SECONDS, sqlite_engine
from gemel.execute.ways import Ways
from gemel.settings import Settings
from gemel.sql import Statement
from gemel.state.tables import state_tables

Result = TypeVar("Result")


class Sessions:
    """Sessions on the database of the settings; connections are made as they are needed."""

    def __init__(self, settings: Settings, catalog: Catalog, database: Database, ways: Ways) -> None:
        self._settings, self._catalog, self._database, self._ways = settings, catalog, database, ways
        self._engine_of_app: AsyncEngine | None = None
        self._writing: AsyncEngine | None = None

    @asynccontextmanager
    async def open(self, *, writes: bool = False, seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session for the app's own code; commits at the end of the block, rolls back on an exception.

        :param writes: it will write: on SQLite, which has one writer, it waits for its turn before it reads.
        :param seconds: that a statement may take, if fewer than ``statement_timeout``.
        """
        try:
            async with async_sessionmaker(self._chosen(writes=writes), expire_on_commit=False).begin() as session:
                if seconds is not None:
                    await session.run_sync(self._limit, seconds)
                yield session
        except sa.exc.TimeoutError:
            raise no_connection() from None

    def _limit(self, session: Session, seconds: float | None) -> None:
        """A statement of its transaction may take so long."""
        if seconds is None or seconds >= self._settings.statement_timeout:
            return
        if self._settings.is_postgresql:
            session.execute(sa.func.set_config("statement_timeout", str(max(1, round(seconds * 1000))), True).select())
        else:
            session.connection(execution_options={SECONDS: seconds})

    def _chosen(self, *, writes: bool) -> AsyncEngine:
        if writes and not self._settings.is_postgresql:
            self._writing = self._writing or self._engine(writes=True)
            return self._writing
        self._engine_of_app = self._engine_of_app or self._engine()
        return self._engine_of_app

    async def ask(self, session: AsyncSession, actor: Actor | None, statement: Statement, values: Sequence[Any]) -> Row:
        """The row of a statement that gives one, within a session.

        :param actor: whose database role asks; ``None``: the service itself.
        :raises DatabaseError: the database refused.
        """

        def run(within: Session, text: str, parameters: Sequence[object]) -> Sequence[Row]:
            with Explained(self._database.explain):
                return within.connection().exec_driver_sql(text, tuple(parameters)).fetchall()

        script = asking(statement, values)
        script = acting(actor, script) if actor is not None else script
        return await session.run_sync(lambda within: drive(partial(run, within), script))

    async def undo(self, session: AsyncSession) -> None:
        """Check what would be checked at the end, and roll back.

        :raises DatabaseError: it would not have been kept.
        """
        with Explained(self._database.explain):
            await session.flush()
            await session.run_sync(self._check)
        await session.rollback()

    def _check(self, session: Session) -> None:
        if self._settings.is_postgresql:
            session.connection().exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    async def write(
        self,
        make: Callable[[Course], Script[Result]],
        statements: MutableMapping[object, Any],
        actor: Actor,
        *,
        keep: bool = True,
        seconds: float | None = None,
    ) -> Result:
        """Run a script in one transaction of a session; as ``Database.write``, hooks being called again with the rest.

        :param statements: cache of what was compiled for it.
        :param actor: who asks.
        :param seconds: that a statement may take, if fewer than ``statement_timeout``.
        :raises DatabaseError, Unsupported: the database refused.
        :raises Refused: a hook did.
        """
        return await repeated(lambda: self._transaction(make, statements, actor, keep=keep, seconds=seconds))

    async def _transaction(
        self,
        make: Callable[[Course], Script[Result]],
        statements: MutableMapping[object, Any],
        actor: Actor,
        *,
        keep: bool,
        seconds: float | None,
    ) -> Result:
        outer = AsyncSession(self._chosen(writes=True), expire_on_commit=False, info={"actor": actor})

        def work(session: Session) -> Result:
            orm = Orm(
                self._ways, self._database.backend, session, outer, statements,
                self._settings.hook_rows, self._database.explain, _outbox(self._settings, session, actor),
            )  # fmt: skip
            self._limit(session, seconds)
            result = drive(orm.execute, make(Course(self._catalog, self._database.backend, orm)))
            with orm.explained():
                if keep:
                    session.commit()
                else:
                    self._check(session)
            return result

        try:
            async with outer:
                return await outer.run_sync(work)
        except sa.exc.TimeoutError:
            raise no_connection() from None
        except (sa.exc.DBAPIError, TimeoutError) as error:  # of a hook's own statements
            known = for_clients(self._database.explain(error))
            if known is not None:
                raise known from error
            raise

    def _engine(self, *, writes: bool = False) -> AsyncEngine:
        settings = self._settings
        if settings.is_postgresql:
            uri = "postgresql+asyncpg://" + settings.database.removeprefix("postgresql://")
            session = {"timezone": "UTC", "application_name": "gemel"}
            arguments = {"server_settings": session, "command_timeout": settings.statement_timeout}
            patience = settings.statement_timeout
            return create_async_engine(
                uri,
                pool_size=settings.pool_size,
                pool_timeout=patience,
                connect_args=arguments,
                hide_parameters=True,  # of its errors, which a log may hold
            )
        schemas = {getattr(table.source, "schema", None) for table in self._catalog.tables.values()}
        return sqlite_engine(
            settings.sqlite_path,
            filter(None, schemas),
            seconds=settings.statement_timeout,
            readers=settings.readers,
            writes=writes,
        )

    async def close(self) -> None:
        """Close all connections."""
        for engine in (self._engine_of_app, self._writing):
            if engine is not None:
                await engine.dispose()


def _outbox(settings: Settings, session: Session, actor: Actor) -> Tell:
    """Records in the same transaction that a hook has to be told; by the service itself, whoever it acts as."""
    acting = settings.database_roles and acts(actor)
    outbox = state_tables(postgresql=settings.is_postgresql).outbox
    trace = structlog.contextvars.get_contextvars().get("trace_id")

    def tell(hook: Any, table: Table, verb: str, key: Any, old: Any, new: Any) -> None:
        now = datetime.now(UTC)
        row = {
            "hook": hook.name, "source": ".".join(table.key), "row_key": _json(key), "verb": verb,
            "old": None if old is None else _json(old), "new": None if new is None else _json(new),
            "trace_id": trace, "created_at": now, "due_at": now, "attempts": 0, "status": "waiting",
        }  # fmt: skip
        if acting:
            session.execute(sa.func.set_config("role", "none", True).select())
        session.execute(sa.insert(outbox).values(row))
        if acting:
            session.execute(sa.func.set_config("role", actor.role, True).select())

    return tell


def _json(values: Any) -> str:
    return orjson.dumps(to_jsonable_python(values, fallback=str, bytes_mode="base64", inf_nan_mode="strings")).decode()
