"""``task``: what the app's ``tasks.py`` runs at certain times."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from gemel.app import App, load_app
from gemel.errors import AppError
from gemel.periodic.run import run_periodic
from gemel.settings import Settings, load
from gemel_backup.connect import make_engine
from gemel_backup.job import never
from gemel_backup.schedule.due import TASK, schedules
from gemel_backup.schedule.slots import Slots
from gemel_backup.schedule.tick import Slot, next_due
from gemel_cli.audit import note

task = typer.Typer(help="List and run what the app's tasks.py does at certain times.", no_args_is_help=True)


@task.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the schedules, the next time (UTC) of each, and what became of the last."""
    settings = load()
    last = _last(settings)
    found = []
    for schedule in schedules(settings, load_app(settings.app)):
        due, slot = next_due(schedule, datetime.now(UTC)), last.get(schedule.kind)
        found.append(
            {
                "name": schedule.kind.removeprefix(TASK),
                "schedule": schedule.cron,
                "next": due.isoformat() if due else None,
                "last": slot.due_at.isoformat() if slot else None,
                "status": slot.status if slot else None,
            }
        )
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for item in found:
        past = f"; last {item['last']}: {item['status']}" if item["last"] else ""
        print(f"{item['name']:<24}{item['schedule']:<16}next {item['next']}{past}")


@task.command()
def run(name: Annotated[str, typer.Argument(help="A function of tasks.py.")]) -> None:
    """Run a task now, whenever it is due."""
    settings = load()
    app = load_app(settings.app)
    found = app.periodic.get(name)
    if found is None:
        raise AppError(f"tasks.py of {app.name!r} has no task {name!r}; {_known(app)}")
    asyncio.run(run_periodic(settings, app, found, never))
    note(settings, "task run", name)
    print(f"{name} has run")


def _known(app: App) -> str:
    return f"there are {', '.join(app.periodic)}" if app.periodic else "it has none"


def _last(settings: Settings) -> Mapping[str, Slot]:
    if not settings.state:
        return {}
    return {slot.kind: slot for slot in Slots(make_engine(settings)).newest()}
