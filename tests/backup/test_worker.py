"""Beat, the queue and the worker, in this process: the queue is in memory."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest
from celery import Celery
from celery.beat import ScheduleEntry
from celery.contrib.testing.worker import start_worker
from pydantic import SecretStr

from backup.helpers import UNSIGNED, query, until
from gemel.app import load_app
from gemel.errors import SettingsError
from gemel.settings import Settings
from gemel.state.lock import MIGRATION_LOCK, WAITING_LOCK, holders
from gemel_backup import app as app_module
from gemel_backup.app import checks, make_celery
from gemel_backup.beat import TickScheduler
from gemel_backup.connect import make_engine
from gemel_backup.health import AdminPort
from gemel_backup.heartbeat import complaint, heartbeat_path
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import entries, open_index
from gemel_backup.metrics import backup_registry
from gemel_backup.schedule.claims import run_claim
from gemel_backup.schedule.embedded import run_schedule
from gemel_backup.schedule.slots import Slots
from gemel_backup.schedule.tick import Schedule
from gemel_backup.store import open_store
from gemel_migrator import migrate

MINUTELY = "* * * * *"
LIMIT = 60


@pytest.fixture
def scheduled(chinook: Settings) -> Settings:
    """A backup is due at once, and not again while a test runs."""
    return chinook.model_copy(update={"redis_uri": SecretStr("memory://"), "backup_schedule": "0 0 * * *"})


def slot_rows(settings: Settings) -> list[tuple[str, int]]:
    name = "gemel.slot" if settings.is_postgresql else "gemel_slot"
    return query(settings, f"SELECT status, attempts FROM {name} WHERE kind = 'backup'")


def proven(settings: Settings) -> int:
    return sum(entry.status == "proven" for entry in entries(open_store(settings), open_index(settings), UNSIGNED))


def eager(settings: Settings) -> Celery:
    celery = make_celery(settings)
    celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    return celery


def test_tick_takes_what_is_due_once(scheduled: Settings) -> None:
    celery = eager(scheduled)
    celery.tasks["gemel.tick"].delay()
    assert slot_rows(scheduled) == [("done", 1)]
    assert proven(scheduled) == 1
    celery.tasks["gemel.tick"].delay()
    eager(scheduled).tasks["gemel.tick"].delay()
    assert (slot_rows(scheduled), proven(scheduled)) == ([("done", 1)], 1)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_worker_over_a_queue(scheduled: Settings) -> None:
    celery = make_celery(scheduled.model_copy(update={"admin_port": 0}))
    with start_worker(celery, pool="threads", perform_ping_check=False, shutdown_timeout=LIMIT):
        for _ in range(3):
            celery.tasks["gemel.tick"].apply_async(expires=30)
        until(lambda: slot_rows(scheduled) == [("done", 1)])
    assert proven(scheduled) == 1


def test_void_claim_is_not_worked_on(scheduled: Settings) -> None:
    celery = eager(scheduled)
    message = {"kind": "backup", "due_at": "2026-01-10T03:00:00+00:00", "owner": "nobody"}
    celery.tasks["gemel.backup"].delay(message)
    assert entries(open_store(scheduled), open_index(scheduled), UNSIGNED) == []


def test_configuration() -> None:
    conf = make_celery(Settings()).conf
    assert (conf.task_serializer, conf.accept_content, conf.result_backend) == ("json", ["json"], None)
    assert (conf.task_acks_late, conf.broker_connection_retry_on_startup) == (False, True)
    assert list(conf.beat_schedule) == ["gemel.tick"]
    assert conf.beat_schedule["gemel.tick"]["schedule"] == 15.0


def test_no_schedule_no_work(scheduled: Settings) -> None:
    for changes in ({"backup_schedule": ""}, {"state": False}):
        eager(scheduled.model_copy(update=changes)).tasks["gemel.tick"].delay()
    assert slot_rows(scheduled) == []


def test_wrong_schedule_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="backup_schedule: 'daily' is not a cron expression"):
        make_celery(Settings(backup_schedule="daily"))


def test_app_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    app_module._of_process.cache_clear()
    monkeypatch.setenv("GEMEL_BACKUP_SCHEDULE", "daily")
    with pytest.raises(SystemExit, match="backup_schedule"):
        app_module.app  # noqa: B018 - as Celery does
    monkeypatch.setenv("GEMEL_BACKUP_SCHEDULE", MINUTELY)
    assert app_module.app is app_module.app
    app_module._of_process.cache_clear()


def test_database_that_is_away_does_not_end_the_worker(scheduled: Settings) -> None:
    away = scheduled.model_copy(update={"database_uri": SecretStr("postgresql://nobody@127.0.0.1:1/gone")})
    celery = eager(away)
    celery.tasks["gemel.tick"].delay()
    celery.tasks["gemel.backup"].delay({"kind": "backup", "due_at": "2026-01-10T03:00:00+00:00", "owner": "x"})


def test_beat_gives_a_sign_of_life_when_a_tick_is_sent(tmp_path: Any) -> None:
    settings = Settings(redis_uri=SecretStr("memory://"), data_dir=tmp_path / "new")
    path = heartbeat_path(settings)
    assert "no tick yet" in (complaint(path, time.time()) or "")
    scheduler = TickScheduler(app=make_celery(settings))
    entry: ScheduleEntry = scheduler.schedule["gemel.tick"]
    scheduler.apply_async(entry, advance=False)
    assert complaint(path, time.time()) is None
    assert "no tick for 3600 seconds" in (complaint(path, path.stat().st_mtime + 3600) or "")


def test_beat_gives_no_sign_of_life_without_a_broker(tmp_path: Any) -> None:
    settings = Settings(redis_uri=SecretStr("redis://127.0.0.1:1/0"), data_dir=tmp_path)
    celery = make_celery(settings)
    celery.conf.task_publish_retry = False
    scheduler = TickScheduler(app=celery)
    with pytest.raises(Exception, match="refused"):
        scheduler.apply_async(scheduler.schedule["gemel.tick"], advance=False)
    assert not heartbeat_path(settings).exists()


@contextmanager
def admin_port(settings: Settings) -> Iterator[str]:
    port = AdminPort(0, checks(make_celery(settings), settings), backup_registry(settings, open_store(settings)))
    port.start()
    try:
        yield f"http://127.0.0.1:{port.port}"
    finally:
        port.stop()


def get(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_admin_port(scheduled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemel_backup.metrics.FRESH_SECONDS", 0.0)
    with admin_port(scheduled) as url:
        assert get(f"{url}/livez") == (200, '{"live":true}')
        assert get(f"{url}/readyz") == (200, '{"ready":true,"missing":{}}')
        assert get(f"{url}/other")[0] == 404
        assert "gemel_backup_last_proof_timestamp_seconds 0.0" in get(f"{url}/metrics")[1]
        begun = time.time()
        eager(scheduled).tasks["gemel.tick"].delay()
        text = get(f"{url}/metrics")[1]
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert begun - 1 < float(values["gemel_backup_last_proof_timestamp_seconds"]) <= time.time()
        assert float(values["gemel_backup_last_duration_seconds"]) > 0
        assert float(values["gemel_backup_last_bytes"]) > 10_000
        assert values["gemel_backup_failures_total"] == "0.0"


def test_not_ready_without_database_and_broker(scheduled: Settings) -> None:
    away = scheduled.model_copy(
        update={
            "database_uri": SecretStr("postgresql://nobody:hunter2@127.0.0.1:1/gone"),
            "redis_uri": SecretStr("redis://:hunter2@127.0.0.1:1/0"),
        }
    )
    with admin_port(away) as url:
        status, body = get(f"{url}/readyz")
        assert status == 503
        assert set(json.loads(body)["missing"]) == {"database", "broker"}
        assert "hunter2" not in body
        assert get(f"{url}/livez")[0] == 200
        assert get(f"{url}/metrics")[0] == 200


def claim_of(settings: Settings) -> tuple[Slots, Any]:
    from datetime import UTC, datetime  # noqa: PLC0415

    slots = Slots(make_engine(settings))
    [claim] = slots.claim_due(Schedule("backup", MINUTELY), datetime.now(UTC))
    return slots, claim


def test_failure_is_recorded_and_counted(scheduled: Settings) -> None:
    slots, claim = claim_of(scheduled)
    broken = scheduled.model_copy(update={"backup_uri": "/dev/null/backups"})
    assert run_claim(Job(broken), slots, claim, "chinook") == "failed"
    assert slot_rows(scheduled) == [("failed", 1)]
    with admin_port(scheduled) as url:
        assert "gemel_backup_failures_total 1.0" in get(f"{url}/metrics")[1]


def test_claim_that_was_lost_is_not_recorded(scheduled: Settings) -> None:
    slots, claim = claim_of(scheduled)
    begun = slots.begin(claim, claim.due_at)
    assert begun is not None
    assert run_claim(Job(scheduled), slots, claim, "chinook") == "void"
    assert slot_rows(scheduled) == [("claimed", 1)]


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_backup_gives_way_to_a_migration_and_is_done_after_it(scheduled: Settings) -> None:
    hasty = scheduled.model_copy(update={"migrate_wait": 0.0})
    celery = eager(hasty)
    with psycopg.connect(scheduled.database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        celery.tasks["gemel.tick"].delay()
        assert slot_rows(scheduled) == [("yielded", 0)]
        assert open_store(scheduled).ids() == []
    celery.tasks["gemel.tick"].delay()
    assert slot_rows(scheduled) == [("done", 1)]
    assert proven(scheduled) == 1


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_backup_gives_way_to_a_migration_that_has_waited_long_enough(scheduled: Settings) -> None:
    """It is under way, held up by a lock of somebody else; the migrator need not wait for that."""
    hasty = scheduled.model_copy(update={"migrate_wait": 0.2})
    with psycopg.connect(scheduled.database) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute("LOCK TABLE artist IN ACCESS EXCLUSIVE MODE")
        ticked = pool.submit(eager(scheduled).tasks["gemel.tick"].delay)
        until(lambda: query(scheduled, holders(MIGRATION_LOCK)) == [("ShareLock",)])
        migrate(hasty, load_app("chinook"))
        ticked.result(LIMIT)
    assert slot_rows(scheduled) == [("yielded", 0)]
    [entry] = entries(open_store(scheduled), open_index(scheduled), UNSIGNED)
    assert (entry.status, entry.stored) == ("yielded", False)
    assert "a migration has waited" in (entry.error or "")
    eager(scheduled).tasks["gemel.tick"].delay()
    assert slot_rows(scheduled) == [("done", 1)]


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_no_backup_begins_while_a_migration_waits(scheduled: Settings) -> None:
    hasty = scheduled.model_copy(update={"migrate_wait": 0.2})
    with psycopg.connect(scheduled.database, autocommit=True) as waiting:
        waiting.execute("SELECT pg_advisory_lock_shared(%s)", (WAITING_LOCK,))
        eager(hasty).tasks["gemel.tick"].delay()
    assert slot_rows(scheduled) == [("yielded", 0)]


def test_embedded_schedule(scheduled: Settings) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=run_schedule, args=(scheduled, load_app("chinook"), stop))
    thread.start()
    try:
        until(lambda: slot_rows(scheduled) == [("done", 1)])
    finally:
        stop.set()
        thread.join(LIMIT)
    assert not thread.is_alive()
    assert proven(scheduled) == 1


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_embedded_schedule_gives_up_what_it_does_when_it_is_stopped(scheduled: Settings) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=run_schedule, args=(scheduled, load_app("chinook"), stop))
    with psycopg.connect(scheduled.database) as blocker:
        blocker.execute("LOCK TABLE artist IN ACCESS EXCLUSIVE MODE")
        thread.start()
        try:
            until(lambda: list(open_store(scheduled).folder.glob(".partial-*/files/")))  # type: ignore[attr-defined]
        finally:
            stop.set()
            thread.join(LIMIT)
        assert not thread.is_alive()
    assert slot_rows(scheduled) == [("yielded", 0)]
    assert entries(open_store(scheduled), None, UNSIGNED) == []
