"""Nothing is planned or compiled twice for the same role and request."""

import asyncio
import tracemalloc

import pytest

import gemel.serve.prepared
from engine.asking import asc, column, compare, inserted, query, run, select, write_to
from gemel.app import App
from gemel.execute.postgresql import PREPARED_TEXT, PostgreSQLDatabase
from gemel.request import And, Mutation, Operator, Query
from gemel.serve import Engine
from gemel.settings import Settings


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    calls: list[object] = []
    original = getattr(gemel.serve.prepared, name)

    def count(*arguments: object) -> object:
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(gemel.serve.prepared, name, count)
    return calls


def test_other_values_are_the_same_request(
    chinook_read: Settings, chinook_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, compiled = counted(monkeypatch, "plan_query"), counted(monkeypatch, "compile_query")

    async def work(engine: Engine) -> None:
        for value in (1, "2", 3):
            asked = query("artist", select("id", where=compare("id", Operator.EQ, 0), order=(asc("id"),)))
            answer = await engine.read(engine.prepare("admin", asked), [value])
            assert answer[0].body == f'[{{"id":{value}}}]'

    run(chinook_read, chinook_app, work)
    assert (len(planned), len(compiled)) == (1, 1)


def test_writes_are_prepared_once(chinook: Settings, chinook_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    planned, compiled = counted(monkeypatch, "plan_mutation"), counted(monkeypatch, "compile_mutation")

    async def work(engine: Engine) -> None:
        for name in ("Polka", "Salsa"):
            write, rows = inserted("genre", *({"name": f"{name} {number}"} for number in range(len(name))), at=0)
            await write_to(engine, Mutation((write,)), [rows])

    run(chinook, chinook_app, work)
    assert (len(planned), len(compiled)) == (1, 1)


def large(number: int) -> Query:
    """Questions of all kinds that are long: many columns, many conditions."""
    if number % 2:
        return query("artist", select("id", where=many(number)))
    return query("artist", select(*(column("name", f"c{number}_{n}") for n in range(300))))


def many(number: int) -> And:
    return And(tuple(compare("id", Operator.NEQ, slot) for slot in range(300 + number)))


def test_as_much_memory_is_counted_as_is_kept(chinook_read: Settings, chinook_app: App) -> None:
    """For what a client makes up is bounded by it: 24 MB of reads, whatever they are."""

    async def work(engine: Engine) -> float:
        engine.prepare("admin", large(0))
        engine.prepare("admin", large(1))
        tracemalloc.start()
        try:
            counted = sum(engine.prepare("admin", large(number)).size for number in range(2, 22))
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return kept / counted

    assert 0.4 < run(chinook_read, chinook_app, work) < 1.5


def test_a_connection_keeps_no_long_statements(postgresql_server: str) -> None:
    """The server keeps a plan of each that is prepared, for as long as the connection lasts."""
    prepared = "SELECT length(statement) FROM pg_prepared_statements ORDER BY 1"

    async def work() -> list[int]:
        database = PostgreSQLDatabase(postgresql_server, size=1, seconds=10)
        try:
            for number in range(40):
                await database.fetch(f"SELECT {number}".ljust(20_000))
            await database.fetch("SELECT 1".ljust(PREPARED_TEXT // 16 + 1))
            await database.fetch(prepared)
            return [length for (length,) in await database.fetch(prepared)]
        finally:
            await database.close()

    assert asyncio.run(work()) == [len(prepared)] + [20_000] * (PREPARED_TEXT // 20_000)
