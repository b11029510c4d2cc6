"""The worker tells hooks what was committed, and the command shows what could not be told."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from backup.helpers import until
from gemel.app import load_app
from gemel.settings import Settings
from gemel.state.tables import state_tables
from gemel_backup.connect import make_engine, transaction
from gemel_backup.outbox import OutboxThread
from gemel_cli.application import run as run_command
from gemel_migrator import migrate


@pytest.fixture
def till(database: Settings) -> Settings:
    settings = database.model_copy(update={"app": "till"})
    app = load_app("till")
    migrate(settings, app)
    with transaction(make_engine(settings)) as connection:
        app.metadata[0].create_all(connection)
        connection.exec_driver_sql("INSERT INTO sale (id, what) VALUES (1, 'a'), (2, 'b')")
    return settings


def record(settings: Settings, sale: int, hook: str = "till.hooks.print_receipt", status: str = "waiting") -> None:
    table = state_tables(postgresql=settings.is_postgresql).outbox
    now = datetime.now(UTC)
    row = {
        "hook": hook, "source": "public.sale", "row_key": json.dumps({"id": sale}), "verb": "insert",
        "new": json.dumps({"id": sale, "what": "x"}), "created_at": now, "due_at": now, "attempts": 0, "status": status,
    }  # fmt: skip
    with transaction(make_engine(settings)) as connection:
        connection.execute(sa.insert(table).values(row))


def receipts(settings: Settings) -> list[Any]:
    with transaction(make_engine(settings)) as connection:
        return list(connection.exec_driver_sql("SELECT sale_id, text FROM receipt ORDER BY id"))


def test_the_worker_tells(till: Settings) -> None:
    for sale in (1, 2):
        record(till, sale)
    thread = OutboxThread(till)
    thread.start()
    until(lambda: len(receipts(till)) == 2)
    thread.stop()
    assert receipts(till) == [(1, "sold: x"), (2, "sold: x")]


def test_an_app_that_cannot_be_imported(database: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    """Backups are taken all the same."""
    thread = OutboxThread(database.model_copy(update={"app": "nope"}))
    thread.start()
    thread.stop()
    assert "outbox.not_started" in "".join(capfd.readouterr())


@pytest.fixture
def say(till: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A command, and what it prints."""
    monkeypatch.setenv("GEMEL_DATABASE_URI", till.database)

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["scripts.py", "outbox", *arguments])
        with pytest.raises(SystemExit) as ended:
            run_command()
        assert ended.value.code in (0, None)
        return capsys.readouterr().out

    return call


def test_the_command(till: Settings, say: Callable[..., str]) -> None:
    assert say("list") == "every event was told\n"
    record(till, 1, status="dead")
    record(till, 2, hook="gone", status="dead")
    record(till, 2)
    assert [row["status"] for row in json.loads(say("list", "--json"))] == ["dead", "dead", "waiting"]
    assert [row["hook"] for row in json.loads(say("list", "--dead", "--json"))] == ["till.hooks.print_receipt", "gone"]
    assert say("list").splitlines()[1] == '2  dead  gone  insert public.sale {"id": 2}'
    assert say("retry", "1", "3") == "1 events will be told again\n"
    assert say("drop") == "1 events are deleted\n"
    assert say("list", "--dead") == "there are no dead events\n"
    assert [row["id"] for row in json.loads(say("list", "--json"))] == [1, 3]
