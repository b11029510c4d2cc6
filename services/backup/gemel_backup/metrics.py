"""What Prometheus is told. It is read from the store and the table when it asks: so it outlives the worker, and what
an administrator took by hand counts, too."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gemel.settings import Settings
from gemel_backup.catalogue import Entry, entries, open_index
from gemel_backup.errors import BackupError
from gemel_backup.seal import Keys
from gemel_backup.store import Store


class BackupCollector(Collector):
    """Metrics of the backups of one store."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Called for each scrape. Where the database is away, the store alone is told of."""
        keys = Keys.of(self._settings)
        try:
            index = open_index(self._settings)
            found = entries(self._store, index, keys)
        except BackupError:
            found = entries(self._store, None, keys)
        yield from _metrics(found)


def backup_registry(settings: Settings, store: Store) -> CollectorRegistry:
    """A registry with the metrics of the backups."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BackupCollector(settings, store))
    return registry


def _metrics(found: list[Entry]) -> Iterator[Metric]:
    proven = [entry.proven_at.timestamp() for entry in found if entry.proven_at is not None and entry.stored]
    last = next((entry.manifest for entry in reversed(found) if entry.manifest is not None), None)
    yield GaugeMetricFamily(
        "gemel_backup_last_proof_timestamp_seconds", "When a backup was last proven; 0: never.", max(proven, default=0)
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
