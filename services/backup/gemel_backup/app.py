"""The Celery app: ``celery -A gemel_backup.app worker`` and ``… beat`` (docs/backups.md).

Beat sends ``gemel.tick``; a worker that gets it claims what is due in the table of slots, and sends each claim as
``gemel.backup``, ``gemel.prove`` or ``gemel.task``, which have queues of their own. Messages are acknowledged when they
arrive. Nothing depends on the broker's memory: what a worker takes to its grave is found by its lease, and done once
more.
"""

import functools
import threading
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from celery import Celery, bootsteps, signals
from kombu.entity import Queue

from gemel.app import App, load_app
from gemel.errors import GemelError
from gemel.observe import configure_logging
from gemel.settings import Settings, load
from gemel_backup.connect import check_database, make_engine
from gemel_backup.errors import BackupError
from gemel_backup.health import AdminPort, Check
from gemel_backup.heartbeat import heartbeat_path
from gemel_backup.job import Job
from gemel_backup.keep.age import can_open
from gemel_backup.metrics import backup_registry
from gemel_backup.outbox import OutboxThread
from gemel_backup.schedule.claims import work_on
from gemel_backup.schedule.due import BACKUP, PROOF, check_settings, claim_all
from gemel_backup.schedule.embedded import TICK_SECONDS
from gemel_backup.schedule.slots import Claim, Slots
from gemel_backup.store import open_store

BROKER_SECONDS = 2.0
QUEUES: Final = {BACKUP: "gemel.backup", PROOF: "gemel.prove"}
"""Names of tasks and of the queues that they are in, by the kind of the slot."""
TASKS: Final = "gemel.task"
TICKS: Final = "gemel"


def make_celery(settings: Settings) -> Celery:
    """The app for these settings.

    :raises SettingsError: as :func:`gemel_backup.schedule.due.check_settings`.
    """
    check_settings(settings, None, datetime.now(UTC))
    celery = Celery("gemel", broker=settings.redis_uri.get_secret_value(), set_as_current=False)
    celery.conf.update(_configuration(settings))
    stop = threading.Event()
    _add_tasks(celery, settings, stop)
    _add_step(celery, settings, stop)
    return celery


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_acks_late": False,
        "task_default_queue": TICKS,
        "task_queues": [Queue(name) for name in _queues(settings)],  # type: ignore[no-untyped-call]
        "task_routes": {name: {"queue": name} for name in (*QUEUES.values(), TASKS)},
        "task_create_missing_queues": True,
        "worker_prefetch_multiplier": 1,
        "worker_pool": "threads",  # the work is done by other programs; threads end with the process
        "worker_concurrency": 4,  # a tick is handled while a backup is taken and tasks run
        "worker_hijack_root_logger": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {"socket_timeout": 30, "socket_connect_timeout": 5},
        "timezone": "UTC",
        "enable_utc": True,
        "beat_scheduler": "gemel_backup.beat:TickScheduler",
        "beat_max_loop_interval": TICK_SECONDS,
        "beat_schedule": {
            "gemel.tick": {
                "task": "gemel.tick",
                "schedule": TICK_SECONDS,
                "options": {"expires": TICK_SECONDS},  # the next one makes it needless
            }
        },
        "gemel_heartbeat": str(heartbeat_path(settings)),
    }


def _queues(settings: Settings) -> list[str]:
    """What a worker of these settings takes from, unless ``-Q`` says otherwise: only who can open backups proves."""
    return [name for name in (TICKS, *QUEUES.values(), TASKS) if name != QUEUES[PROOF] or can_open(settings)]


def _add_tasks(celery: Celery, settings: Settings, stop: threading.Event) -> None:
    job = Job(settings, stop=stop.is_set)
    slots = Slots(make_engine(settings))
    log = structlog.get_logger("gemel.backup")
    app = functools.cache(lambda: _app(settings))  # when a tick comes: beat sends them, and needs no app

    def tick() -> None:
        try:
            for claim in claim_all(settings, app(), slots, datetime.now(UTC)):
                task = work[QUEUES.get(claim.kind, TASKS)]
                task.apply_async((claim.to_json(),))
        except BackupError as error:  # the database is away: the next tick tries again
            log.error("backup.tick_failed", error=error.message)

    def do(message: dict[str, str]) -> None:
        work_on(job, slots, Claim.from_json(message), settings.app)

    celery.task(name="gemel.tick", shared=False)(tick)
    work = {name: celery.task(name=name, shared=False)(do) for name in (*QUEUES.values(), TASKS)}
    celery.finalize()


def _app(settings: Settings) -> App | None:
    """Backups do not depend on the app: where it cannot be read, that is logged, and only its tasks are not run."""
    try:
        app = load_app(settings.app)
        check_settings(settings, app, datetime.now(UTC))
    except GemelError as error:
        structlog.get_logger("gemel.backup").error("tasks.not_run", error=error.message)
        return None
    return app


def _add_step(celery: Celery, settings: Settings, stop: threading.Event) -> None:
    class Worker(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """The admin port and the outbox; started after the pool and so stopped before it, it ends the work, too."""

        requires = frozenset({"celery.worker.components:Pool"})

        def __init__(self, parent: Any, **more: Any) -> None:
            super().__init__(parent, **more)
            self.port: AdminPort | None = None
            self.outbox: OutboxThread | None = None

        def start(self, parent: Any) -> None:
            if settings.admin_port:
                registry = backup_registry(settings, open_store(settings))
                self.port = AdminPort(settings.admin_port, checks(celery, settings), registry)
                self.port.start()
            self.outbox = OutboxThread(settings)
            self.outbox.start()

        def stop(self, parent: Any) -> None:
            stop.set()
            if self.outbox is not None:
                self.outbox.stop()
                self.outbox = None
            if self.port is not None:
                self.port.stop()
                self.port = None

        terminate = stop

    celery.steps["worker"].add(Worker)


def checks(celery: Celery, settings: Settings) -> dict[str, Check]:
    """What a worker needs in order to do its work."""

    def broker() -> None:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)

    return {
        "database": functools.partial(check_database, settings),
        "broker": broker,
        "store": open_store(settings).check,
    }


@functools.cache
def _of_process() -> Celery:
    """The app of this process, made when Celery's command line asks for it, not when the module is imported."""
    try:
        settings = load()
        signals.setup_logging.connect(lambda **_: configure_logging(settings.debug), weak=False)
        return make_celery(settings)
    except GemelError as error:
        raise SystemExit(error.message) from None


def __getattr__(name: str) -> Any:
    if name == "app":
        return _of_process()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
