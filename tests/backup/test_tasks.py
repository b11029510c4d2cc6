"""Tasks of the app, and proofs by another worker, run on the tick of the backups."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from backup.helpers import UNSIGNED, query, until
from backup.test_worker import eager
from gemel.app import App, load_app
from gemel.errors import AppError, GemelError, SettingsError
from gemel.settings import Settings
from gemel_backup.app import make_celery
from gemel_backup.connect import make_engine
from gemel_backup.errors import Unreachable
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import entries, open_index
from gemel_backup.schedule.claims import run_claim
from gemel_backup.schedule.due import PROOF_GRACE, PROOF_PAUSE, check_settings, claim_all
from gemel_backup.schedule.embedded import run_schedule
from gemel_backup.schedule.slots import LEASE, Slots, utc
from gemel_backup.store import open_store
from gemel_backup.work import back_up
from gemel_cli.commands.task import task as command

TASKS = """
import asyncio
from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession
from gemel import periodic

called = []

@periodic("0 0 * * *")
async def adds(session: AsyncSession) -> None:
    await session.execute(text("INSERT INTO genre (id, name) VALUES (900, 'async')"))

@periodic("0 0 * * *")
def adds_too(session: Session) -> None:
    session.execute(text("INSERT INTO genre (id, name) VALUES (901, 'sync')"))

@periodic("0 0 * * *")
def plain() -> None:
    called.append("plain")

@periodic("0 0 * * *")
def fails(session: Session) -> None:
    session.execute(text("INSERT INTO genre (id, name) VALUES (902, 'undone')"))
    raise ValueError("the wheel came off")
"""
SLEEPER = """
import asyncio
from gemel import periodic

@periodic("0 0 * * *")
async def sleeps() -> None:
    await asyncio.sleep(600)
"""


@pytest.fixture
def tasked(chinook: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An app of the models of Chinook, with tasks."""
    yield from _app(chinook, tmp_path, monkeypatch, TASKS)


def _app(chinook: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, tasks: str) -> Iterator[Settings]:
    package = folder / "tasked"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text("from chinook.models import *")
    (package / "tasks.py").write_text(tasks)
    monkeypatch.syspath_prepend(str(folder))
    changes = {"app": "tasked", "redis_uri": SecretStr("memory://"), "backup_schedule": "off"}
    yield chinook.model_copy(update=changes)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tasked"]:
        del sys.modules[name]


def slots(settings: Settings) -> dict[str, tuple[str, int, str | None]]:
    name = "gemel.slot" if settings.is_postgresql else "gemel_slot"
    return {row[0]: row[1:] for row in query(settings, f"SELECT kind, status, attempts, error FROM {name}")}


def test_tasks_run_on_the_tick(tasked: Settings) -> None:
    for _ in range(2):
        eager(tasked).tasks["gemel.tick"].delay()
    assert slots(tasked) == {
        "task:adds": ("done", 1, None),
        "task:adds_too": ("done", 1, None),
        "task:plain": ("done", 1, None),
        "task:fails": ("failed", 1, "the wheel came off"),
    }
    assert query(tasked, "SELECT id FROM genre WHERE id >= 900 ORDER BY 1") == [(900,), (901,)]
    assert sys.modules["tasked.tasks"].called == ["plain"]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_tasks_run_embedded_and_are_given_up_when_it_stops(
    chinook: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for settings in _app(chinook, tmp_path, monkeypatch, SLEEPER):
        stop = threading.Event()
        thread = threading.Thread(target=run_schedule, args=(settings, load_app("tasked"), stop))
        thread.start()
        try:
            until(lambda: [row[:2] for row in slots(chinook).values()] == [("claimed", 1)])
        finally:
            stop.set()
            thread.join(60)
        assert slots(settings)["task:sleeps"][:2] == ("yielded", 0)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_backups_do_not_depend_on_the_app(chinook: Settings) -> None:
    settings = chinook.model_copy(
        update={"app": "no_such_app", "redis_uri": SecretStr("memory://"), "backup_schedule": "0 0 * * *"}
    )
    eager(settings).tasks["gemel.tick"].delay()
    assert slots(settings)["backup"][0] == "done"


def test_wrong_task_is_told_at_the_start(tmp_path: Path, chinook_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    for tasks, text in (
        ("from gemel import periodic\n@periodic('daily')\ndef often(): ...", "@periodic often: 'daily' is not a cron"),
        ("from gemel import periodic\n@periodic('* * * * *')\ndef f(a, b): ...", "@periodic f has to take nothing"),
    ):
        folder = tmp_path / str(len(text))
        folder.mkdir()
        for settings in _app(Settings(), folder, monkeypatch, tasks):
            with pytest.raises((AppError, SettingsError), match=text):
                check_settings(settings, load_app("tasked"), datetime.now(UTC))


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_commands(tasked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_DATABASE_URI", tasked.database)
    monkeypatch.setenv("GEMEL_APP", "tasked")
    assert "adds_too" in CliRunner().invoke(command, ["list"]).output
    assert CliRunner().invoke(command, ["run", "adds"]).output == "adds has run\n"
    assert query(tasked, "SELECT name FROM genre WHERE id = 900") == [("async",)]
    failed = CliRunner().invoke(command, ["run", "nothing"]).exception
    assert isinstance(failed, GemelError)
    assert "there are adds, adds_too, plain, fails" in failed.message


# --- proofs elsewhere --------------------------------------------------------


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_backup_is_proven_by_the_worker_that_has_the_key(chinook: Settings) -> None:
    identity = pyrage.x25519.Identity.generate()
    taking = chinook.model_copy(
        update={
            "backup_recipients": (str(identity.to_public()),),
            "redis_uri": SecretStr("memory://"),
            "backup_schedule": "0 0 * * *",
        }
    )
    proving = taking.model_copy(update={"backup_identity": SecretStr(str(identity))})
    store = open_store(taking)
    names = {
        settings.backup_identity: {queue.name for queue in make_celery(settings).conf.task_queues}
        for settings in (taking, proving)
    }
    assert names[proving.backup_identity] - names[taking.backup_identity] == {"gemel.prove"}

    celery = eager(taking)
    sent: list[dict[str, str]] = []
    celery.tasks["gemel.prove"].apply_async = lambda arguments: sent.append(arguments[0])
    celery.tasks["gemel.tick"].delay()
    [entry] = entries(store, open_index(taking), UNSIGNED)
    assert (entry.status, slots(taking)["backup"][0]) == ("taken", "done")
    celery.tasks["gemel.tick"].delay()
    assert len(sent) == 1
    eager(proving).tasks["gemel.prove"].delay(sent[0])
    [entry] = entries(store, open_index(taking), UNSIGNED)
    assert (entry.status, slots(taking)["proof"][0]) == ("proven", "done")
    celery.tasks["gemel.tick"].delay()
    assert len(sent) == 1


def test_proof_that_was_cut_off_is_made_up_for(chinook: Settings) -> None:
    """The worker took the backup and died before it was proven."""
    settings = chinook.model_copy(update={"backup_schedule": "off"})
    outcome = back_up(Job(settings), open_store(settings), "chinook")
    (open_store(settings).folder / outcome.manifest.id / "proof.json").unlink()  # type: ignore[attr-defined]
    index, table = open_index(settings), Slots(make_engine(settings))
    assert index is not None
    index.put_entry(outcome.manifest, None)
    done = utc(outcome.manifest.finished_at)
    assert list(claim_all(settings, None, table, done + PROOF_GRACE / 2)) == []
    [claim] = claim_all(settings, None, table, done + PROOF_GRACE)
    assert run_claim(Job(settings), table, claim, "chinook") == "done"
    assert index.rows()[outcome.manifest.id].status == "proven"


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_where_nobody_has_the_key_nothing_is_called_failed(chinook: Settings) -> None:
    """Embedded, with recipients alone: backups are taken, and wait for somebody who proves them."""
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    settings = chinook.model_copy(update={"backup_recipients": (recipient,), "backup_schedule": "0 0 * * *"})
    stop = threading.Event()
    thread = threading.Thread(target=run_schedule, args=(settings, load_app("chinook"), stop))
    thread.start()
    try:
        until(lambda: slots(settings).get("backup", ("",))[0] == "done")
    finally:
        stop.set()
        thread.join(60)
    now = utc(entries(open_store(settings), None, UNSIGNED)[0].manifest.finished_at)  # type: ignore[union-attr]
    table = Slots(make_engine(settings))
    assert list(claim_all(settings, None, table, now + PROOF_GRACE, proofs=False)) == []
    assert [entry.status for entry in entries(open_store(settings), None, UNSIGNED)] == ["taken"]


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_server_that_is_away_says_nothing_of_a_backup(chinook: Settings) -> None:
    """The scratch server does not answer: the backup is not called failed, and is proven when it is back."""
    settings = chinook.model_copy(update={"backup_schedule": "off"})
    away = settings.model_copy(update={"scratch_database_uri": SecretStr("postgresql://nobody@127.0.0.1:1/gone")})
    store, table = open_store(settings), Slots(make_engine(settings))
    with pytest.raises(Unreachable):
        back_up(Job(away), store, "chinook")
    [entry] = entries(store, open_index(settings), UNSIGNED)
    assert (entry.status, entry.proof) == ("taken", None)
    now = utc(entry.manifest.finished_at) + PROOF_GRACE  # type: ignore[union-attr]
    [claim] = claim_all(away, None, table, now)
    assert run_claim(Job(away), table, claim, "chinook") == "failed"
    assert list(claim_all(settings, None, table, now)) == []
    [claim] = claim_all(settings, None, table, now + PROOF_PAUSE + LEASE)
    assert run_claim(Job(settings), table, claim, "chinook") == "done"
    assert [entry.status for entry in entries(store, open_index(settings), UNSIGNED)] == ["proven"]
