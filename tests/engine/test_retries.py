"""Transactions that get in each other's way."""

import asyncio
import json

import pytest

from engine.asking import asc, ask, compare, query, run, select, write_to
from gemel.app import App
from gemel.errors import DatabaseError
from gemel.execute import database as limits
from gemel.request import Assign, ColumnRef, Mutation, Operator, Slot, Source, Update
from gemel.serve import Engine
from gemel.settings import Settings


def add(*order: int) -> Mutation:
    """Count up the bytes of tracks, one after the other: slots 0 and 1 hold their keys, slot 2 the amount."""
    change = (Assign(ColumnRef("bytes"), "inc", Slot(2)),)
    return Mutation(
        tuple(Update("u", Source("public", "track"), compare("id", Operator.EQ, slot), change) for slot in order)
    )


@pytest.mark.parametrize(("clients", "rounds", "crosswise"), [(32, 5, False), (2, 10, True)])
def test_no_increment_is_lost(chinook: Settings, chinook_app: App, clients: int, rounds: int, crosswise: bool) -> None:
    """Each client takes two rows; where half of them do in the other order, deadlocks would lose some."""
    asked = query("track", select("bytes", where=compare("id", Operator.IN, 0), order=(asc("id"),)))
    before = ask(chinook, chinook_app, asked, [[1, 2]])[0].body

    async def client(engine: Engine, number: int) -> None:
        order = (1, 0) if crosswise and number % 2 else (0, 1)
        for _ in range(rounds):
            await write_to(engine, add(*order), [1, 2, 1])

    async def work(engine: Engine) -> None:
        await asyncio.gather(*(client(engine, number) for number in range(clients)))

    run(chinook, chinook_app, work)
    after = ask(chinook, chinook_app, asked, [[1, 2]])[0].body
    numbers = [[int(row["bytes"]) for row in _rows(body)] for body in (before, after)]
    assert [new - old for old, new in zip(*numbers, strict=True)] == [clients * rounds] * 2


def _rows(body: str) -> list[dict[str, int]]:
    found: list[dict[str, int]] = json.loads(body)
    return found


def test_it_is_tried_so_often_and_no_more(chinook: Settings, chinook_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    if not chinook.is_postgresql:
        pytest.skip("SQLite has one writer")
    tries = 0

    async def work(engine: Engine) -> None:
        async def refuse(*_: object, **__: object) -> None:
            nonlocal tries
            tries += 1
            raise DatabaseError("40001", "could not serialize access")

        monkeypatch.setattr(engine._database, "_transaction", refuse)
        await write_to(engine, add(0), [1, 2, 1])

    with pytest.raises(DatabaseError, match="could not serialize"):
        run(chinook, chinook_app, work)
    assert tries == limits.ATTEMPTS
