"""What Prometheus is told. It is read from the store and the tables when it asks: so it outlives the worker, and what
an administrator took by hand counts, too."""

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gemel.settings import Settings
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError
from gemel_backup.keep.catalogue import Entry, entries, open_index
from gemel_backup.keep.seal import Keys
from gemel_backup.schedule.due import backup_schedule
from gemel_backup.schedule.slots import Slots
from gemel_backup.schedule.tick import Schedule, next_due
from gemel_backup.store import Store

FRESH_SECONDS: Final = 10.0
"""How long what was read is told again: a store may be far away, and charge for each look."""


class _Fresh(Collector):
    """What was read of late, else what is read now."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read
        self._told: Sequence[Metric] = ()
        self._until = 0.0

    def collect(self) -> Iterator[Metric]:
        """Called for each scrape."""
        if time.monotonic() >= self._until:
            self._told = list(self._read())
            self._until = time.monotonic() + FRESH_SECONDS
        yield from self._told


def registry_of(read: Callable[[], Iterable[Metric]]) -> CollectorRegistry:
    """A registry with the metrics that a function reads, seldom enough for a store that is far away."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Fresh(read))
    return registry


def backup_registry(settings: Settings, store: Store) -> CollectorRegistry:
    """A registry with the metrics of the backups."""
    return registry_of(functools.partial(_read, settings, store))


def _read(settings: Settings, store: Store) -> Iterator[Metric]:
    """Where the database is away, the store alone is told of."""
    keys = Keys.of(settings)
    try:
        index = open_index(settings)
        yield from _of_backups(entries(store, index, keys))
        if index is not None:
            yield _of_slots(Slots(make_engine(settings)).counts())
    except BackupError:
        yield from _of_backups(entries(store, None, keys))
    yield next_of(
        backup_schedule(settings), "gemel_backup_next_timestamp_seconds", "When the next backup is due; 0: never."
    )


def _of_backups(there: list[Entry]) -> Iterator[Metric]:
    """Base backups apart: those are told of where they are (:mod:`gemel_backup.pitr.metrics`)."""
    found = [entry for entry in there if not entry.is_base]
    kept = [entry for entry in found if entry.stored and entry.deleted_at is None]
    proven = [entry for entry in kept if entry.status == "proven"]
    proofs = [entry.proven_at.timestamp() for entry in proven if entry.proven_at is not None]
    last = next((entry.manifest for entry in reversed(kept) if entry.manifest is not None), None)
    newest = proven[-1].manifest if proven else None
    proof = next((entry.proof for entry in reversed(kept) if entry.proof is not None), None)
    yield GaugeMetricFamily(
        "gemel_backup_newest_proven_timestamp_seconds",
        "When the newest proven backup was begun; 0: there is none.",
        newest.started_at.timestamp() if newest else 0,
    )
    yield GaugeMetricFamily(
        "gemel_backup_last_proof_timestamp_seconds", "When a backup was last proven; 0: never.", max(proofs, default=0)
    )
    yield GaugeMetricFamily(
        "gemel_backup_last_proof_seconds",
        "Time that the proof of the newest backup took.",
        proof.seconds if proof else 0,
    )
    yield GaugeMetricFamily(
        "gemel_backup_last_duration_seconds", "Time that the newest backup took.", last.seconds if last else 0
    )
    yield GaugeMetricFamily("gemel_backup_last_bytes", "Size of the newest backup.", last.size if last else 0)
    yield GaugeMetricFamily("gemel_backups", "Backups in the store.", sum(entry.stored for entry in found))
    yield CounterMetricFamily(
        "gemel_backup_failures",
        "Backups that could not be taken or not be proven.",
        sum(entry.status == "failed" for entry in found),
    )


def _of_slots(counts: dict[tuple[str, str], int]) -> Metric:
    family = GaugeMetricFamily("gemel_slots", "What became of what was due, in 400 days.", labels=["kind", "status"])
    for (kind, status), count in sorted(counts.items()):
        family.add_metric([kind, status], count)
    return family


def next_of(schedule: Schedule | None, name: str, text: str) -> Metric:
    """When a schedule is next due; 0 without one."""
    due = next_due(schedule, datetime.now(UTC)) if schedule is not None else None
    return GaugeMetricFamily(name, text, due.timestamp() if due else 0)
