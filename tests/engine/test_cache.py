"""Nothing is planned or compiled twice for the same role and request."""

import pytest

import gemel.serve.prepared
from engine.asking import asc, compare, inserted, query, run, select, write_to
from gemel.app import App
from gemel.request import Mutation, Operator
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
