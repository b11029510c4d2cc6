"""What Prometheus is told of recovery to a time."""

import functools
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import text

from gemel.settings import Settings
from gemel_backup.connect import make_engine, transaction
from gemel_backup.errors import BackupError
from gemel_backup.keep.catalogue import entries
from gemel_backup.keep.seal import Keys
from gemel_backup.metrics import next_of, registry_of
from gemel_backup.pitr.configuration import SLOT
from gemel_backup.pitr.receive import Receiver
from gemel_backup.schedule.due import base_schedule
from gemel_backup.store import Store

LAG: Final = text(
    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots WHERE slot_name = :slot"
)


def pitr_registry(settings: Settings, store: Store, receiver: Receiver) -> CollectorRegistry:
    """A registry with these metrics."""
    return registry_of(functools.partial(_read, settings, store, receiver))


def _read(settings: Settings, store: Store, receiver: Receiver) -> Iterator[Metric]:
    bases = [entry for entry in entries(store, None, Keys.of(settings)) if entry.is_base]
    proven = [entry.manifest.base for entry in bases if entry.status == "proven" and entry.manifest is not None]
    times = [base.ended_at.timestamp() for base in proven if base is not None]
    yield GaugeMetricFamily(
        "gemel_pitr_receiving", "Whether changes are being received from the database.", int(receiver.receiving)
    )
    yield GaugeMetricFamily(
        "gemel_pitr_first_timestamp_seconds",
        "From when on any time can be recovered by a proven base backup; 0: there is none.",
        min(times, default=0),
    )
    yield GaugeMetricFamily(
        "gemel_pitr_newest_proven_timestamp_seconds",
        "When the newest proven base backup ended; 0: there is none.",
        max(times, default=0),
    )
    yield next_of(
        base_schedule(settings), "gemel_pitr_next_timestamp_seconds", "When the next base backup is due; 0: never."
    )
    yield from _lag(settings)


def _lag(settings: Settings) -> Iterator[Metric]:
    """Nothing, where the database is away or has no slot."""
    try:
        with transaction(make_engine(settings)) as connection:
            lag = connection.execute(LAG, {"slot": SLOT}).scalar()
    except BackupError:
        return
    if lag is not None:
        yield GaugeMetricFamily(
            "gemel_pitr_kept_bytes", "Changes that the database keeps until they are received to the end.", int(lag)
        )
