"""``outbox``: what ``@committed`` hooks have still to be told, and what they could not be told."""

import json
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from gemel.settings import Settings
from gemel_backup.connect import make_engine, transaction
from gemel_cli.audit import record
from gemel_cli.own_tables import own_tables

outbox = typer.Typer(
    help="Events for @committed hooks that wait, and dead ones.", no_args_is_help=True, rich_markup_mode=None
)

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Events; without any, all dead ones.")]
SHOWN = ("id", "status", "hook", "verb", "source", "row_key", "attempts", "due_at", "error")


@outbox.command("list")
def list_(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that nobody tries to tell any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the events that were not told yet, oldest first."""
    settings, table = _opened()
    query = sa.select(*(table.c[name] for name in SHOWN)).order_by(table.c.id)
    if dead:
        query = query.where(table.c.status == "dead")
    with transaction(make_engine(settings)) as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    if as_json:
        print(json.dumps(rows, indent=2, default=str))
    elif not rows:
        print("there are no dead events" if dead else "every event was told")
    for row in () if as_json else rows:
        told = f"{row['id']}  {row['status']}  {row['hook']}  {row['verb']} {row['source']} {row['row_key']}"
        print(f"{told}  attempt {row['attempts']}: {row['error']}" if row["error"] else told)


@outbox.command()
def retry(ids: Ids = None) -> None:
    """Try dead events again, at once."""
    settings, table = _opened()
    changes = {"status": "waiting", "attempts": 0, "due_at": sa.func.current_timestamp()}
    with transaction(make_engine(settings)) as connection:
        done = connection.execute(sa.update(table).where(*_chosen(table, ids)).values(changes))
        record(connection, settings, "outbox retry", _named(ids), events=done.rowcount)
    print(f"{done.rowcount} events will be told again")


@outbox.command()
def drop(ids: Ids = None) -> None:
    """Delete dead events: their hooks will never be told."""
    settings, table = _opened()
    with transaction(make_engine(settings)) as connection:
        done = connection.execute(sa.delete(table).where(*_chosen(table, ids)))
        record(connection, settings, "outbox drop", _named(ids), events=done.rowcount)
    print(f"{done.rowcount} events are deleted")


def _opened() -> tuple[Settings, sa.Table]:
    settings, tables = own_tables("there is no outbox")
    return settings, tables.outbox


def _named(ids: list[int] | None) -> str:
    return ", ".join(map(str, ids)) if ids else "all dead ones"


def _chosen(table: sa.Table, ids: list[int] | None) -> list[Any]:
    dead = [table.c.status == "dead"]
    return [*dead, table.c.id.in_(ids)] if ids else dead
