"""Random changes through GraphQL, REST and SQL, in bulk and through objects, on both databases: all leave the same."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from conftest import KINDS
from databases import empty_of
from figures import count, new_seed, write_figures
from gemel.app import App
from gemel.hooks import Hooks
from gemel.serve import open_engine
from gemel.settings import Settings
from gemel_graphql.app import create_app as create_graphql
from gemel_rest.app import create_app as create_rest
from property.ledger import TABLES, Base, Transaction, hooked, run_sql, to_graphql, to_rest, transactions

QUICK = 8
LONG = 3_000
"""Sequences of twenty transactions."""


@dataclass(frozen=True)
class Way:
    """A way to write to a database of its own."""

    name: str
    write: Callable[[Transaction], bool]
    """Whether it was done."""
    database: sa.Engine

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is in the database."""
        with self.database.connect() as connection:
            return {
                name: [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))]
                for name, table in TABLES.items()
            }

    def clear(self) -> None:
        """Begin anew."""
        with self.database.begin() as connection:
            for table in reversed(list(TABLES.values())):
                connection.execute(table.delete())


@pytest.fixture(scope="module")
def ways(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Way]]:
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        made = []
        for kind in KINDS:
            for name in ("sql", "graphql", "rest", "graphql by objects", "rest by objects"):
                settings = stack.enter_context(empty_of(kind, request, tmp_path_factory.mktemp("ledger")))
                made.append(_way(stack, runner, f"{name} on {kind}", settings))
        yield made


def _way(stack: ExitStack, runner: asyncio.Runner, name: str, settings: Settings) -> Way:
    database = sa.create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://"))
    stack.callback(database.dispose)
    if not settings.is_postgresql:
        sa.event.listen(database, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    Base.metadata.create_all(database)
    if name.startswith("sql"):
        return Way(name, lambda steps: _by_sql(database, steps), database)
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    app = App("ledger", Path(__file__).parent, tuple(mappers), (Base.metadata,))
    app.__dict__["hooks"] = hooked() if "objects" in name else Hooks()
    opened = open_engine(settings, app)
    engine = runner.run(opened.__aenter__())
    stack.callback(lambda: runner.run(opened.__aexit__(None, None, None)))
    service: Any = create_graphql(engine) if name.startswith("graphql") else create_rest(engine)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://localhost", timeout=60)
    stack.callback(lambda: runner.run(client.aclose()))
    send = _by_graphql if name.startswith("graphql") else _by_rest
    return Way(name, lambda steps: runner.run(send(client, steps)), database)


def _by_sql(database: sa.Engine, steps: Transaction) -> bool:
    try:
        with database.begin() as connection:
            run_sql(connection, steps)
    except sa.exc.IntegrityError:
        return False
    return True


async def _by_graphql(client: httpx.AsyncClient, steps: Transaction) -> bool:
    answer = (await client.post("/v1/graphql", json={"query": to_graphql(steps)})).json()
    if "errors" in answer:
        code = answer["errors"][0]["extensions"]["code"]
        assert code in ("constraint-violation", "permission-error"), answer
    return "errors" not in answer


async def _by_rest(client: httpx.AsyncClient, steps: Transaction) -> bool:
    answer = await client.post("/rest/v1/", json=to_rest(steps))
    if answer.status_code != 200:
        assert answer.json()["code"].startswith("23"), answer.text
    return answer.status_code == 200


def check(ways: list[Way], transactions: list[Transaction]) -> int:
    """Run a sequence in every way; how many of its transactions were done."""
    done = 0
    for way in ways:
        way.clear()
    first, *others = ways
    for number, steps in enumerate(transactions):
        outcome, rows = first.write(steps), first.rows()
        done += outcome
        for way in others:
            at = f"{way.name}, transaction {number}: {steps}"
            assert way.write(steps) == outcome, at
            assert way.rows() == rows, at
    return done


def test_all_ways_agree(ways: list[Way]) -> None:
    """A part of them fails, and then nothing of the transaction is kept anywhere."""
    done = sum(check(ways, transactions(seed)) for seed in range(QUICK))
    assert 0.2 < done / (20 * QUICK) < 0.9


@pytest.mark.soak
def test_long(ways: list[Way]) -> None:
    """The same, with new ones each time."""
    seed, sequences = new_seed(), count("SEQUENCES", LONG)
    done = sum(check(ways, transactions(seed + number)) for number in range(sequences))
    write_figures("writes", {"sequences": sequences, "transactions": 20 * sequences, "done": done}, seed)
