"""Who is told what goes wrong."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from backup.helpers import query
from gemel.settings import Settings
from gemel_backup.connect import make_engine
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import open_index
from gemel_backup.metrics import backup_registry
from gemel_backup.schedule import alert as module
from gemel_backup.schedule.alert import alert
from gemel_backup.schedule.claims import run_claim
from gemel_backup.schedule.due import claim_all
from gemel_backup.schedule.slots import Slots
from gemel_backup.schedule.tick import Schedule
from gemel_backup.store import open_store
from gemel_backup.work import back_up

NOW = datetime.now(UTC)


class Hook:
    """A server that takes messages, or refuses some first."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.refuse = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.refuse:
                    outer.refuse -= 1
                    self.send_response(503)
                else:
                    outer.messages.append(json.loads(body))
                    self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    found = Hook()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def told(chinook: Settings, hook: Hook) -> Settings:
    return chinook.model_copy(update={"alert_uri": SecretStr(hook.address), "backup_schedule": "0 0 * * *"})


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_failure_is_told(told: Settings, hook: Hook) -> None:
    slots = Slots(make_engine(told))
    [claim] = slots.claim_due(Schedule("backup", "0 0 * * *"), NOW)
    broken = told.model_copy(update={"backup_uri": "/dev/null/backups"})
    assert run_claim(Job(broken), slots, claim, "chinook") == "failed"
    [message] = hook.messages
    assert (message["event"], message["app"], message["kind"]) == ("backup.failed", "chinook", "backup")
    assert message["text"].startswith("chinook: backup of ")
    assert "cannot be made" in message["error"]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_message_is_sent_again_and_given_up(told: Settings, hook: Hook) -> None:
    hook.refuse = 2
    assert alert(told, "x", "y")
    assert [message["event"] for message in hook.messages] == ["x"]
    hook.refuse = 99
    assert not alert(told, "x", "y")
    away = told.model_copy(update={"alert_uri": SecretStr("http://127.0.0.1:1/")})
    assert not alert(away, "x", "y")
    assert not alert(told.model_copy(update={"alert_uri": SecretStr("")}), "x", "y")


def test_missed_times_are_told_once(told: Settings, hook: Hook) -> None:
    slots = Slots(make_engine(told))
    [claim] = claim_all(told, None, slots, NOW - timedelta(days=5))
    slots.finish(claim, "done")
    assert len(list(claim_all(told, None, slots, NOW))) == 1
    assert list(claim_all(told, None, slots, NOW)) == []
    assert [(message["event"], message["count"]) for message in hook.messages] == [("slot.missed", 4)]


def test_old_backup_is_told_once_a_day(told: Settings, hook: Hook) -> None:
    back_up(Job(told), open_store(told), "chinook")
    slots = Slots(make_engine(told))
    index = open_index(told)
    assert index is not None

    def tick(moment: datetime) -> None:
        for claim in claim_all(told, None, slots, moment):
            if claim.kind == "alert":
                run_claim(Job(told), slots, claim, "chinook")

    tick(NOW + timedelta(hours=35))
    assert hook.messages == []
    later = (NOW + timedelta(days=2)).replace(hour=12)
    for hours in (0, 1, 2):
        tick(later + timedelta(hours=hours))
    assert [message["event"] for message in hook.messages] == ["backup.stale"]
    tick(later + timedelta(days=1))
    assert len(hook.messages) == 2


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_database_without_any_backup_is_not_told_of(told: Settings, hook: Hook) -> None:
    assert [claim.kind for claim in claim_all(told, None, Slots(make_engine(told)), NOW)] == ["backup"]
    assert hook.messages == []


def test_address_is_checked() -> None:
    with pytest.raises(ValidationError, match="must begin with http"):
        Settings(alert_uri=SecretStr("mailto:me"))


def test_metrics(told: Settings) -> None:
    slots = Slots(make_engine(told))
    for moment in (NOW - timedelta(days=3), NOW):
        for claim in slots.claim_due(Schedule("backup", "0 0 * * *"), moment):
            slots.finish(claim, "done")
    outcome = back_up(Job(told), open_store(told), "chinook")
    registry = backup_registry(told, open_store(told))
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
    }
    assert values[("gemel_backup_newest_proven_timestamp_seconds",)] == outcome.manifest.started_at.timestamp()
    assert values[("gemel_backup_last_proof_seconds",)] > 0
    assert values[("gemel_slots", "backup", "done")] == 2
    assert values[("gemel_slots", "backup", "missed")] == 2
    assert 0 < values[("gemel_backup_next_timestamp_seconds",)] - NOW.timestamp() <= 86_400
    query(told, "DELETE FROM gemel.slot" if told.is_postgresql else "DELETE FROM gemel_slot")
    again = {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
    }
    assert again == values, "for ten seconds what was read is told again"
