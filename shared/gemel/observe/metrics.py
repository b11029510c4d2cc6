"""Metrics in Prometheus' form, in a registry of their own: two instances in one process share nothing.

With several worker processes (``--workers``) prometheus_client keeps its values in files of the folder that
``PROMETHEUS_MULTIPROC_DIR`` names, and whichever worker is asked adds up those of all.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MOST_ROUTES: Final = 32
"""Route classes per instance; what comes after is counted as ``other``, so that no bug makes labels without end."""


@dataclass(frozen=True, slots=True)
class _Series:
    count: Callable[[], None]
    time: Callable[[float], None]


class Metrics:
    """The metrics of one instance."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        """Others may register theirs here."""
        self._requests = Counter(
            "gemel_http_requests",
            "Requests answered; status 499: the client had gone.",
            ("service", "method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "gemel_http_request_duration_seconds",
            "Time from the end of the request's head to the end of the answer.",
            ("service", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._running = Gauge(
            "gemel_http_requests_running",
            "Requests being answered now.",
            ("service",),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._refusals = Counter(
            "gemel_refusals",
            "Requests refused because of a limit of the role (docs/limits.md).",
            ("service", "limit"),
            registry=self.registry,
        )
        self._closed = Counter(
            "gemel_connections_closed",
            "Connections closed because of their client, or because there were too many.",
            ("service", "reason"),
            registry=self.registry,
        )
        self._series: dict[tuple[str, str, str, int], _Series] = {}
        self._routes: set[str] = set()
        if MULTIPROCESS not in os.environ:  # there these describe one worker only
            ProcessCollector(registry=self.registry)
            GCCollector(registry=self.registry)

    def running(self, service: str) -> Gauge:
        """Gauge of requests in flight."""
        return self._running.labels(service)

    def refusals(self, service: str) -> Callable[[str], None]:
        """Counts a refusal by a limit, whose name is one of ours."""
        return lambda limit: self._refusals.labels(service, limit).inc()

    def closed_connections(self, service: str) -> Callable[[str], None]:
        """Counts a connection that was closed, by the reason (``gemel.edge.connections``)."""
        return lambda reason: self._closed.labels(service, reason).inc()

    def observe(self, service: str, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request.

        :param route: class of the route (``table``, ``graphql`` …): a constant of the code, nothing of the request.
        """
        key = (service, method if method in METHODS else "other", self._bounded(route), status)
        series = self._series.get(key)
        if series is None:
            requests = self._requests.labels(*key[:3], str(status))
            series = self._series[key] = _Series(requests.inc, self._seconds.labels(service, key[2]).observe)
        series.count()
        series.time(seconds)

    def _bounded(self, route: str) -> str:
        if route not in self._routes:
            if len(self._routes) >= MOST_ROUTES:
                return "other"
            self._routes.add(route)
        return route

    def expose(self, accept: str) -> tuple[bytes, str]:
        """Body and content type of ``/metrics``, in the form that the ``Accept`` header asks for."""
        registry = self.registry
        if MULTIPROCESS in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type


def forget_dead_workers(folder: Path) -> None:
    """Take back what workers that no longer live had in flight."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not _lives(pid):
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
