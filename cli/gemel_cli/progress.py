"""A progress bar on the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gemel_backup.job import Report, silent


@contextmanager
def progress(*, shown: bool) -> Iterator[Report]:
    """Bars on stderr, one for each thing that is done; none where stderr is no terminal.

    :param shown: whether anybody is to see it.
    """
    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description:<18}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        known: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=total)
            bars.update(known[what], completed=done, total=total)

        yield report
