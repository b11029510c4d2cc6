"""Pages by cursor, put together, are the whole list: random filters and orders, random sizes of pages."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from gemel.request import ColumnField, ColumnRef, Cursor, Query, Root, Select, Slot
from gemel.serve import Engine
from property.compare import difference, parse
from property.naive.data import PRIMARY_KEYS, Data
from property.questions import Question, questions
from property.seeded import drawn

QUICK, LONG = 100, 3000
"""Questions."""
MOST_PAGES = 12


def test_pages_are_the_whole(data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """Nothing is left out, nothing comes twice, whatever nulls and equal values the order meets."""
    assert _pages(range(QUICK), data, engines, runner) > QUICK / 4


@pytest.mark.soak
def test_pages_are_the_whole_long(data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The same, of many more lists."""
    assert _pages(range(QUICK, QUICK + LONG), data, engines, runner) > LONG / 4


def _pages(seeds: range, data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> int:
    """Number of lists that were gone through."""
    checked = 0
    for seed, question in enumerate(drawn(questions(data, "engine"), seeds)):
        root = question.query.roots[0]
        if not isinstance(root.content, Select) or root.content.rows.distinct:
            continue
        size = Random(seed).randint(1, 40)
        marks = [runner.run(_check(engine, question, root, size)) for engine in engines.values()]
        # A cursor of one database is one of the other, but for the last digit of an average.
        one, other = [json.loads(item) for item in marks[0]], [parse(item) for item in marks[1]]
        assert difference(one, other, key_order=True) is None
        checked += 1
    return checked


async def _check(engine: Engine, question: Question, root: Root, size: int) -> list[str]:
    fields = (*(ColumnField(name, ColumnRef(name)) for name in PRIMARY_KEYS[root.source.table]), Cursor("cursor"))
    limit, after = Slot(len(question.values)), Slot(len(question.values) + 1)
    rows = replace(root.content.rows, limit=limit, offset=None, most=None)
    whole = await _ask(engine, root, Select(fields, rows), (*question.values, None, None))
    pages: list[Any] = []
    last: str | None = None
    while len(pages) < min(len(whole), MOST_PAGES * size):
        given_rows = rows if last is None else replace(rows, after=after)
        page = await _ask(engine, root, Select(fields, given_rows), (*question.values, size, last))
        assert page
        pages += page
        last = page[-1]["cursor"]
    assert pages == whole[: len(pages)]
    return [row["cursor"] for row in whole]


async def _ask(engine: Engine, root: Root, select: Select, values: tuple[object, ...]) -> list[Any]:
    prepared = engine.prepare("admin", Query((Root("r", root.source, select),)))
    (answer,) = await engine.read(prepared, values)
    return list(parse(answer.body))
