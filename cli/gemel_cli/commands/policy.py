"""``policy``: what a role sees and may do, and whether it is as the app expects."""

import asyncio
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from sqlalchemy.ext.asyncio import AsyncSession

from gemel.app import App, load_app
from gemel.auth.actor import backend_of
from gemel.catalog import DEFAULT_SCHEMA, read_catalog
from gemel.errors import AppError, GemelError
from gemel.policy import Access, Accesses, Allowed, Example, Expected, explain, visible
from gemel.serve import open_engine
from gemel.settings import Settings, load

policy = typer.Typer(help="What roles see and may do (docs/policies.md).", no_args_is_help=True, rich_markup_mode=None)


@policy.command("explain")
def explain_(
    role: Annotated[str, typer.Argument(metavar="ROLE")],
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Its name, with its schema if that is not public.")],
) -> None:
    """Print what ROLE sees of TABLE and may do to it, with the SQL of its policies."""
    settings = load()
    app = load_app(settings.app)
    catalog = read_catalog(app.mappers)
    accesses = Accesses(catalog, app.policies)
    schema, _, name = table.rpartition(".")
    whole = catalog.tables.get((schema or DEFAULT_SCHEMA, name))
    if whole is None:
        raise AppError(f"there is no table {table!r}; there are {', '.join(sorted(key[1] for key in catalog.tables))}")
    if role not in accesses.roles:
        raise AppError(f"no policy speaks of {role!r}; there are policies of {', '.join(accesses.roles)}")
    access = accesses.of(backend_of(role))  # with what it may do through backends, which is said to be so
    view = access.views.tables.get(whole.key)
    if view is None:
        print(f"{table} does not exist for {role}")
        return
    dialect = sa.make_url("postgresql+psycopg://" if settings.is_postgresql else "sqlite://").get_dialect()()
    for line in explain(access, view, dialect):
        print(line)


@policy.command()
def test() -> None:
    """Run the examples of policies.py on the database, and tell which do not hold. Nothing is written."""
    settings = load()
    app = load_app(settings.app)
    examples = app.policies.examples
    if not examples:
        raise AppError(f"{app.name}.policies has no list examples: see docs/policies.md")

    wrong = asyncio.run(_run(settings, app))
    for line in wrong:
        print(line)
    count = sum(len(example.expected) + len(example.allowed) for example in examples)
    if wrong:
        raise AppError(f"{len(wrong)} of {count} expectations do not hold")
    print(f"{count} expectations hold")


async def _run(settings: Settings, app: App) -> list[str]:
    wrong: list[str] = []
    async with open_engine(settings, app) as engine, engine.session() as session:
        for example in app.policies.examples:
            access = engine.access.of(example.role)
            if not access.known:
                wrong.append(f"{example}: no policy speaks of this role")
                continue
            wrong += [line for item in example.allowed if (line := _allowed(access, example, item))]
            for seen in example.expected:
                try:
                    line = await _seen(session, access, example, seen)
                except GemelError as error:
                    line = f"{example} sees {seen.model.__name__}: {error.message}"
                wrong += [line] if line else []
        await session.rollback()
    return wrong


async def _seen(session: AsyncSession, access: Access, example: Example, seen: Expected) -> str | None:
    keys: Any = sa.inspect(seen.model).primary_key
    queries: list[sa.Select[Any]] = [sa.select(seen.model).where(seen.rows)]
    if access.of_class(sa.inspect(seen.model)) is not None:
        queries.append(visible(access, example.variables, seen.model))
    found = [{tuple(row) for row in await session.execute(query.with_only_columns(*keys))} for query in queries]
    wanted, given = found[0], found[1] if len(found) > 1 else set()
    if wanted == given:
        return None
    told = [f"{len(rows)} rows {what}, such as {min(rows)}" for rows, what in (
        (given - wanted, "too many"), (wanted - given, "too few")) if rows]  # fmt: skip
    return f"{example} sees {seen.model.__name__}: {' and '.join(told)}"


def _allowed(access: Access, example: Example, item: Allowed) -> str | None:
    table = access.catalog.by_mapper(sa.inspect(item.model))
    view = access.views.tables.get(table.key) if table is not None else None
    may = view is not None and item.verb in view.verbs
    among = view.taken(item.verb) if view is not None else {}
    named = {name for column in among.values() for name in (column.name, column.attribute)}
    if item.columns and item.allowed:
        may = may and set(item.columns) <= named
    elif item.columns:
        may = may and bool(set(item.columns) & named)
    if may is item.allowed:
        return None
    told = f"{item.verb} {item.model.__name__}" + (f" ({', '.join(item.columns)})" if item.columns else "")
    return f"{example} {'may not' if item.allowed else 'may'} {told}"
