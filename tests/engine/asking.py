"""Short forms for requests, and a way to run them against an engine."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from gemel.app import App
from gemel.request import (
    ColumnField,
    ColumnRef,
    Compare,
    Embed,
    Field,
    Insert,
    Link,
    Measure,
    MeasureGroup,
    Mutation,
    NewRow,
    Operator,
    OrderColumn,
    Query,
    Root,
    Rows,
    RowShape,
    Select,
    Slot,
    Source,
)
from gemel.serve import Answer, Engine, Written, open_engine
from gemel.settings import Settings

Result = TypeVar("Result")


def query(table: str, content: Any, **root: Any) -> Query:
    return Query((Root("r", Source("public", table), content, **root),))


def column(name: str, key: str | None = None, cast: str | None = None) -> ColumnField:
    return ColumnField(key or name, ColumnRef(name), cast)


def select(*fields: str | Field, strip_nulls: bool = False, **rows: Any) -> Select:
    found = tuple(column(item) if isinstance(item, str) else item for item in fields)
    return Select(found, Rows(**rows), strip_nulls)


def embed(name: str, content: Select, *, detect: bool = False, spread: bool = False, hint: str | None = None) -> Embed:
    return Embed(name, Link(name, hint, detect), content, spread)


def measures(*items: Any) -> tuple[Measure]:
    return (Measure("aggregate", items),)


def group(name: Any, *columns: str) -> MeasureGroup:
    return MeasureGroup(name, name, tuple(column(item) for item in columns))


def compare(name: str, operator: Operator, slot: int | None = None, **more: Any) -> Compare:
    return Compare(ColumnRef(name), operator, None if slot is None else Slot(slot), **more)


def asc(name: str) -> OrderColumn:
    return OrderColumn((), ColumnRef(name), False, False)


def desc(name: str) -> OrderColumn:
    return OrderColumn((), ColumnRef(name), True, True)


def inserted(table: str, *rows: dict[str, object], at: int, **more: Any) -> tuple[Insert, tuple[NewRow, ...]]:
    """An insert, and what stands in its slot.

    :param at: index of the slot.
    """
    shapes: dict[tuple[str, ...], int] = {}
    found = tuple(NewRow(shapes.setdefault(tuple(row), len(shapes)), tuple(row.values())) for row in rows)
    columns = tuple(RowShape(tuple(ColumnRef(name) for name in names)) for names in shapes)
    return Insert("i", Source("public", table), columns, Slot(at), **more), found


async def write_to(engine: Engine, mutation: Mutation, values: Sequence[object]) -> tuple[Written, ...]:
    return await engine.write(engine.prepare_write("admin", mutation), values)


def run(settings: Settings, app: App, work: Callable[[Engine], Awaitable[Result]]) -> Result:
    async def main() -> Result:
        async with open_engine(settings, app) as engine:
            return await work(engine)

    return asyncio.run(main())


def ask(settings: Settings, app: App, asked: Query, values: Sequence[object] = ()) -> tuple[Answer, ...]:
    async def work(engine: Engine) -> tuple[Answer, ...]:
        return await engine.read(engine.prepare("admin", asked), values)

    return run(settings, app, work)
