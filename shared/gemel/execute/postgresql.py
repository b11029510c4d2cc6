"""PostgreSQL through asyncpg: a pool of connections, each with its prepared statements (docs/decisions.md, 11)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError

from gemel.cache import BoundedCache
from gemel.errors import DatabaseError
from gemel.execute.database import Row, Script, bound, no_connection, repeated
from gemel.execute.pooler import keeps_names
from gemel.sql import Backend, PostgreSQL, Statement

Result = TypeVar("Result")
PREPARED = 256
PREPARED_TEXT = 1 << 19
"""Statements that a connection keeps prepared, and bytes of their texts: the server has a plan of each."""
STALE = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""A prepared statement gives other columns than it did, since the schema has changed; nothing was done."""
CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 5.0
SESSION = {"timezone": "UTC", "application_name": "gemel", "jit": "off"}
"""Sent when a connection starts, so that a pooler in front may share it: nothing is set later."""


class _Connection:
    """A connection and what is prepared on it."""

    def __init__(self, raw: Any, *, named: bool) -> None:
        """:param named: statements stay prepared on the server, under names."""
        self.raw, self._named = raw, named
        self.prepared: BoundedCache[str, Any] = BoundedCache(PREPARED, PREPARED_TEXT)

    async def fetch(self, text: str, parameters: Sequence[object], seconds: float) -> Sequence[Row]:
        statement = self.prepared.get(text)
        if statement is None:
            statement = await self.raw.prepare(text, name=self._named, timeout=seconds)
            self.prepared.put(text, statement, len(text))
        return await statement.fetch(*parameters, timeout=seconds)  # type: ignore[no-any-return]


class PostgreSQLDatabase:
    """A pool of at most ``size`` connections, made as they are needed.

    :param seconds: a statement, or the wait for a connection, may take.
    """

    def __init__(self, uri: str, *, size: int, seconds: float) -> None:
        self.backend: Backend = PostgreSQL()
        self._uri, self._seconds = uri, seconds
        self._free: list[_Connection] = []
        self._places = asyncio.Semaphore(size)
        self._closed = False
        self._named: bool | None = None
        """Whether statements stay prepared; known from the first connection on."""
        self._asks = asyncio.Lock()

    async def read(self, statement: Statement, values: Sequence[object], seconds: float | None = None) -> Row:
        """See ``Database``. One autocommit statement; repeated once if its plan or its connection was out of date."""
        return await self._alone(statement.text, await bound(statement, values), self._limit(seconds))

    async def write_one(self, statement: Statement, values: Sequence[object], seconds: float | None = None) -> Row:
        """See ``Database``. One autocommit statement."""
        parameters = await bound(statement, values)
        return await repeated(lambda: self._alone(statement.text, parameters, self._limit(seconds)))

    def _limit(self, seconds: float | None) -> float:
        return self._seconds if seconds is None or seconds > self._seconds else seconds

    async def _alone(self, text: str, parameters: Sequence[object], seconds: float) -> Row:
        return (await self._rows(text, parameters, seconds))[0]

    async def _rows(self, text: str, parameters: Sequence[object], seconds: float) -> Sequence[Row]:
        return await self._on_one(lambda connection: connection.fetch(text, parameters, seconds))

    async def _on_one(self, work: Callable[[_Connection], Awaitable[Result]]) -> Result:
        """What work on a connection gives; it is begun anew if what is prepared there was out of date."""
        async with self._connection() as connection:
            try:
                return await work(connection)
            except STALE:
                connection.prepared.clear()
                return await work(connection)

    async def write(
        self, make: Callable[[], Script[Result]], *, keep: bool = True, seconds: float | None = None
    ) -> Result:
        """See ``Database``. READ COMMITTED."""
        limit = self._limit(seconds)
        return await repeated(
            lambda: self._on_one(lambda connection: self._transaction(connection, make(), limit, keep=keep))
        )

    async def _transaction(
        self, connection: _Connection, script: Script[Result], seconds: float, *, keep: bool
    ) -> Result:
        transaction = connection.raw.transaction()
        await transaction.start()
        try:
            result = await self._drive(connection, script, seconds)
            if not keep:
                await connection.raw.execute("SET CONSTRAINTS ALL IMMEDIATE", timeout=self._seconds)
        except BaseException:
            await transaction.rollback()
            raise
        await (transaction.commit() if keep else transaction.rollback())
        return result

    async def _drive(self, connection: _Connection, script: Script[Result], seconds: float) -> Result:
        try:
            text, parameters = next(script)
            while True:
                try:
                    rows = await connection.fetch(text, parameters, seconds)
                except STALE:
                    raise
                except asyncpg.PostgresError as error:
                    text, parameters = script.throw(_refused(error))
                else:
                    text, parameters = script.send(rows)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def explain(self, error: BaseException) -> DatabaseError | None:
        """See ``Database``."""
        if isinstance(error, TimeoutError):
            return DatabaseError("57014", "canceling statement due to statement timeout")
        if not isinstance(error, DBAPIError) or error.orig is None:
            return None
        cause = error.orig.__cause__
        if isinstance(cause, OSError | asyncpg.InterfaceError):
            return DatabaseError("08006", "the connection to the database was lost", str(cause))
        if not isinstance(cause, asyncpg.PostgresError):
            return None
        if type(cause) is asyncpg.DataError:  # asyncpg's own, before anything was sent
            return DatabaseError("22003" if "out of" in str(cause) else "22P02", str(cause))
        return _refused(cause)

    async def fetch(self, text: str, parameters: Sequence[object] = ()) -> Sequence[Row]:
        """See ``Database``."""
        return await self._rows(text, parameters, self._seconds)

    async def close(self) -> None:
        """See ``Database``."""
        self._closed = True
        while self._free:
            with suppress(Exception):
                await self._free.pop().raw.close(timeout=CLOSE_SECONDS)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise no_connection() from None
        connection: _Connection | None = None
        try:
            connection = self._take() or await self._connect()
            yield connection
        except asyncpg.PostgresError as error:
            if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.AdminShutdownError):
                _drop(connection)
            raise _refused(error) from error
        except TimeoutError:
            raise DatabaseError("57014", "canceling statement due to statement timeout") from None
        except asyncpg.InterfaceError as error:
            _drop(connection)
            raise DatabaseError("08006", "the connection to the database was lost", str(error)) from error
        except OSError as error:
            _drop(connection)
            raise DatabaseError("08006", "the connection to the database was lost", str(error)) from error
        except asyncio.CancelledError:
            _drop(connection)
            raise
        finally:
            self._places.release()
            if connection is not None:
                self._give_back(connection)

    def _take(self) -> _Connection | None:
        while self._free:
            connection = self._free.pop()
            if not connection.raw.is_closed():
                return connection
        return None

    def _give_back(self, connection: _Connection) -> None:
        if self._closed or connection.raw.is_closed() or connection.raw.is_in_transaction():
            connection.raw.terminate()
        else:
            self._free.append(connection)

    async def _connect(self) -> _Connection:
        try:
            raw = await asyncpg.connect(
                self._uri, timeout=CONNECT_SECONDS, server_settings=SESSION, statement_cache_size=0
            )
        except TimeoutError:
            raise DatabaseError("08001", "Database connection error.", "no answer in time") from None
        except (OSError, asyncpg.InterfaceError, ValueError) as error:
            raise DatabaseError("08001", "Database connection error.", str(error)) from error
        try:
            async with self._asks:
                if self._named is None:
                    self._named = await keeps_names(raw)
        except BaseException:
            raw.terminate()
            raise
        return _Connection(raw, named=self._named)


def _drop(connection: _Connection | None) -> None:
    """A connection in an unknown state is not used again."""
    if connection is not None:
        connection.raw.terminate()


WHOLE_ROW = frozenset({"23502", "23514"})
"""Not-null and check violations: PostgreSQL's details show the whole row, hidden columns too."""


TOO_LARGE = frozenset({"tsquery stack too small"})
"""What PostgreSQL says of a request that is too large for it, but calls an internal error."""


def _refused(error: Any) -> DatabaseError:
    return DatabaseError(
        sqlstate="54000" if error.message in TOO_LARGE else error.sqlstate or "XX000",
        text=error.message or str(error),
        details=None if error.sqlstate in WHOLE_ROW else error.detail,
        hint=error.hint,
        constraint=error.constraint_name,
        table=error.table_name,
    )
