"""Celery's beat, with one entry. What was done when is in the table of slots, so beat keeps no file of its own."""

from pathlib import Path
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from gemel_backup.heartbeat import touch


class TickScheduler(Scheduler):  # type: ignore[misc]  # Celery has no types
    """A schedule in memory, that leaves a sign of life whenever the broker has taken a message."""

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **more: Any) -> Any:
        """Send a task. It raises if the broker does not take it; Celery logs that and goes on."""
        result = super().apply_async(entry, producer=producer, advance=advance, **more)
        touch(Path(self.app.conf.gemel_heartbeat))
        return result
