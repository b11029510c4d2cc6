"""``python -m gemel_backup.pitr``: receive what the database changes, and take base backups when they are due.

A process of its own, beside the worker: it needs PostgreSQL's server, Barman, and the folder that Barman keeps. It
needs no broker: what is due it claims in the table of slots itself.
"""

import functools
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from gemel.errors import GemelError
from gemel.observe import configure_logging
from gemel.settings import Settings, load
from gemel_backup.connect import check_database, make_engine
from gemel_backup.errors import BackupError
from gemel_backup.health import AdminPort, Check
from gemel_backup.pitr.metrics import pitr_registry
from gemel_backup.pitr.receive import Receiver
from gemel_backup.schedule.due import base_schedule, check_settings
from gemel_backup.schedule.embedded import claim_bases, follow, receiving
from gemel_backup.schedule.slots import Slots
from gemel_backup.store import open_store


def run(settings: Settings, stop: threading.Event) -> None:
    """Until ``stop`` is set.

    :raises SettingsError: a setting is wrong.
    :raises BackupError: ``pitr_dir`` is not set, or the admin port is taken.
    """
    check_settings(settings, None, datetime.now(UTC))
    with receiving(settings) as receiver:
        if receiver is None:
            raise BackupError("pitr_dir is not set: there is nothing to do (docs/backups.md)")
        with _admin_port(settings, receiver):
            if base_schedule(settings) is None:
                structlog.get_logger("gemel.backup").info("pitr.unscheduled", reason="pitr_schedule or state is off")
                stop.wait()
                return
            slots = Slots(make_engine(settings))
            follow(settings, settings.app, slots, stop, lambda now: claim_bases(settings, receiver, slots, now))


@contextmanager
def _admin_port(settings: Settings, receiver: Receiver) -> Iterator[None]:
    if not settings.admin_port:
        yield
        return

    store = open_store(settings)
    checks: dict[str, Check] = {
        "database": functools.partial(check_database, settings),
        "store": store.check,
        "receiving": receiver.check,
    }
    port = AdminPort(settings.admin_port, checks, pitr_registry(settings, store, receiver))
    port.start()
    try:
        yield
    finally:
        port.stop()


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    try:
        settings = load()
        configure_logging(settings.debug)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        run(settings, stop)
    except GemelError as error:
        raise SystemExit(error.message) from None


if __name__ == "__main__":
    main()
