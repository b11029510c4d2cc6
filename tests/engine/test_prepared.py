"""Statements stay prepared on PostgreSQL, as long as nothing stands before it that does not know of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import psycopg
import pytest
import structlog

from databases import empty_database
from gemel.execute.database import Script
from gemel.execute.pooler import keeps_names
from gemel.execute.postgresql import PostgreSQLDatabase

NAMES = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%asked%' ORDER BY 1"


@pytest.fixture
def address(postgresql_server: str) -> Iterator[str]:
    """A database with a table of one row."""
    with empty_database(postgresql_server) as address:
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE asked AS SELECT 1 AS id")
        yield address


def script(text: str) -> Script[Any]:
    rows = yield (text, [])
    return [tuple(row) for row in rows]


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[PostgreSQLDatabase]:
    """A database on which everything runs on one connection."""
    database = PostgreSQLDatabase(address, size=1, seconds=10)
    try:
        yield database
    finally:
        await database.close()


async def asked(database: PostgreSQLDatabase, *texts: str) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await database.fetch(text)] for text in texts]


async def asked_twice(address: str) -> list[list[tuple[Any, ...]]]:
    """The same with another between, and then what is prepared."""
    async with opened(address) as database:
        return await asked(database, "SELECT id FROM asked", "SELECT 2", "SELECT id FROM asked", NAMES)


def test_a_statement_stays_prepared(address: str) -> None:
    assert asyncio.run(asked_twice(address)) == [[(1,)], [(2,)], [(1,)], [("SELECT id FROM asked",), (NAMES,)]]


def test_a_statement_is_prepared_anew_if_the_schema_has_changed(address: str) -> None:
    async def work() -> object:
        async with opened(address) as database:
            before = await asked(database, "SELECT id FROM asked")
            with psycopg.connect(address) as connection:
                connection.execute("ALTER TABLE asked ALTER id TYPE text")
            return before, await asked(database, "SELECT id FROM asked", NAMES)

    assert asyncio.run(work()) == ([[(1,)]], [[("1",)], [("SELECT id FROM asked",), (NAMES,)]])


def test_a_transaction_begins_again_if_the_schema_has_changed(address: str) -> None:
    """A prepared statement that gives another type than before is refused by the server (0A000)."""
    insert, read = "INSERT INTO asked SELECT 7 RETURNING id", "SELECT id FROM asked ORDER BY 1"

    async def work() -> object:
        async with opened(address) as database:
            before = await database.write(lambda: script(insert)), await asked(database, read)
            with psycopg.connect(address) as connection:
                connection.execute("ALTER TABLE asked ALTER id TYPE text")
            return before, await database.write(lambda: script(insert)), await asked(database, read)

    before, inserted, after = asyncio.run(work())  # type: ignore[misc]
    assert before == ([(7,)], [[(1,), (7,)]])
    assert inserted == [("7",)]
    assert after == [[("1",), ("7",), ("7",)]]


class Pooled:
    """A connection of asyncpg, as if a pooler stood before the server.

    :param knows: it gives prepared statements names of its own.
    """

    def __init__(self, raw: Any, *, knows: bool) -> None:
        self._raw, self._knows = raw, knows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def get_server_pid(self) -> int:
        return -1

    async def prepare(self, text: str, *, name: str) -> Any:
        return await self._raw.prepare(text, name="POOLER_1" if self._knows else name)


@pytest.mark.parametrize("knows", [True, False])
def test_a_pooler_is_asked_for_what_it_knows(address: str, *, knows: bool) -> None:
    async def work() -> tuple[bool, bool, object]:
        raw = await asyncpg.connect(address)
        try:
            found = await keeps_names(raw), await keeps_names(Pooled(raw, knows=knows))
            return *found, await raw.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'gemel_%'")
        finally:
            await raw.close()

    with structlog.testing.capture_logs() as logs:
        assert asyncio.run(work()) == (True, knows, 0)
    assert [entry["event"] for entry in logs] == ([] if knows else ["statements are not prepared"])


def test_without_names_nothing_stays(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgets(_: object) -> bool:
        return False

    monkeypatch.setattr("gemel.execute.postgresql.keeps_names", forgets)

    assert asyncio.run(asked_twice(address)) == [[(1,)], [(2,)], [(1,)], []]
