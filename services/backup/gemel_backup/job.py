"""How a piece of work is to be done: with which settings, how fast, and when to give up."""

from collections.abc import Callable
from dataclasses import dataclass

from gemel.settings import Settings
from gemel_backup.errors import Yielded
from gemel_backup.pace import ALWAYS, Pace

Stop = Callable[[], bool]
"""Asked now and then by whatever takes long; true: end soon."""

Report = Callable[[str, int, int], None]
"""Told what is under way, how much of it is done, and of how much: bytes, objects or tables."""

POLL_SECONDS = 0.2


def never() -> bool:
    """Nobody asks this work to stop."""
    return False


def silent(what: str, done: int, total: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Job:
    """Settings and limits of a backup, proof or restore."""

    settings: Settings
    stop: Stop = never
    processes: int | None = None
    """In place of ``backup_jobs`` of the settings."""
    report: Report = silent
    pace: Pace = ALWAYS
    limit: float = 6 * 3600.0
    """Seconds that a dump, a restore, or the reading of the tables may take; of a dump that rests, that it may work."""

    @property
    def jobs(self) -> int:
        """Processes of ``pg_dump`` or ``pg_restore``, connections for evidence, and programs for encryption that work
        at a time."""
        return self.processes or self.settings.backup_jobs

    def check(self) -> None:
        """:raises Yielded: the work was asked to stop."""
        if self.stop():
            raise Yielded("stopped before the end, because the service ends; it will be done again")
