"""``seed``: load the app's CSV files."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gemel.app import load_app
from gemel.settings import load
from gemel_cli.audit import note
from gemel_cli.seed import seed as load_files


def seed(
    force: Annotated[
        bool, typer.Option("--force", help="First delete the rows of every table that has a file.")
    ] = False,
) -> None:
    """Load the CSV files of the app.

    They are all loaded, or nothing is. A table that holds rows is refused.
    """
    settings = load()
    app = load_app(settings.app)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
    tasks: dict[str, TaskID] = {}

    def show(table: str, line: int, lines: int) -> None:
        bar.start()  # not before there is something to show
        if table not in tasks:
            tasks[table] = bar.add_task(table, total=lines)
        bar.update(tasks[table], completed=line)

    try:
        counts = load_files(settings, app, force=force, progress=show)
    finally:
        if tasks:
            bar.stop()
    note(settings, "seed", app.name, force=force, rows=sum(counts.values()))
    print(f"loaded {sum(counts.values())} rows into {len(counts)} tables")
