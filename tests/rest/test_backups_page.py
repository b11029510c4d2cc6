"""``/backups``: what the table tells, for the admin role alone, and a page that shows it."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.edge import Edge
from gemel.observe import Metrics
from gemel.serve import open_engine
from gemel.settings import Settings
from gemel_backup.connect import make_engine
from gemel_backup.job import Job
from gemel_backup.schedule.slots import Slots
from gemel_backup.schedule.tick import Schedule
from gemel_backup.store import open_store
from gemel_backup.work import back_up
from gemel_rest.app import crash, create_app
from served import listening

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
SECRET = "a-secret-of-some-length"


@pytest.fixture
def backed_up(chinook: Settings) -> Settings:
    """A database with a proven backup, and slots that were missed."""
    back_up(Job(chinook), open_store(chinook), "chinook")
    slots, schedule = Slots(make_engine(chinook)), Schedule("backup", "0 3 * * *")
    now = datetime.now(UTC)
    for moment in (now - timedelta(days=4), now):
        for claim in slots.claim_due(schedule, moment):
            slots.finish(claim, "done")
    return chinook


@pytest.fixture
def rest(backed_up: Settings, chinook_app: App) -> Iterator[Rest]:
    with serving(backed_up, chinook_app) as served:
        yield served


def test_admin_sees_what_the_table_tells(rest: Rest) -> None:
    answer = rest.at("GET", "/backups/data")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    found = answer.json()
    [backup] = found["backups"]
    assert backup["status"] == "proven"
    assert backup["bytes"] > 10_000
    assert datetime.fromisoformat(backup["started_at"]) <= datetime.fromisoformat(backup["proven_at"])
    assert '"hashes": "ok"' in backup["proof"]
    assert [slot["status"] for slot in found["slots"]] == ["done", "missed", "missed", "missed", "done"]
    assert {slot["schedule"] for slot in found["slots"]} == {"0 3 * * *"}


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_others_see_nothing(rest: Rest, backed_up: Settings, chinook_app: App) -> None:
    answer = rest.at("GET", "/backups/data", headers={"x-hasura-role": "customer"})
    assert problem(answer) == (403, "42501")
    assert "proven" not in answer.text
    locked = backed_up.model_copy(update={"admin_secret": SecretStr(SECRET)})
    with serving(locked, chinook_app) as other:
        assert other.at("GET", "/backups/data").status_code in (401, 403)
        assert other.at("GET", "/backups/data", headers={"x-hasura-admin-secret": "wrong"}).status_code == 401
        assert other.at("GET", "/backups/data", headers={"x-hasura-admin-secret": SECRET}).status_code == 200
        assert other.at("GET", "/backups").status_code == 200, "the page itself tells nothing"


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_page_loads_nothing_from_elsewhere(rest: Rest) -> None:
    page = rest.at("GET", "/backups")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page.text)
    assert loaded == ["/backups/backups.css", "/backups/backups.js"]
    for address in loaded:
        assert rest.at("GET", address).status_code == 200
    assert rest.at("GET", "/backups/other.js").status_code == 404


def test_there_is_no_page_without_tables(chinook_read: Settings, chinook_app: App) -> None:
    with serving(chinook_read.model_copy(update={"state": False}), chinook_app) as rest:
        for path in ("/backups", "/backups/data"):
            assert problem(rest.at("GET", path)) == (404, "PGRST125")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_page_in_a_browser(backed_up: Settings, chinook_app: App, tmp_path: Path) -> None:
    page = asyncio.run(_in_a_browser(backed_up, chinook_app, tmp_path))
    assert re.search(r'<span class="status proven">proven</span>', page)
    assert re.search(r'<rect class="proven"', page)
    assert len(re.findall(r'<rect class="missed"', page)) == 3
    assert re.search(r"hashes, evidence, integrity, query", page)
    assert '<form id="login" hidden="">' in page
    locked = backed_up.model_copy(update={"admin_secret": SecretStr(SECRET)})
    page = asyncio.run(_in_a_browser(locked, chinook_app, tmp_path))
    assert '<form id="login">' in page
    assert '<main id="content" hidden="">' in page


async def _in_a_browser(settings: Settings, app: App, folder: Path) -> str:
    """The page as it is once its script has run."""
    async with open_engine(settings, app) as engine:
        edge = Edge(create_app(engine), settings, "rest", Metrics(), crash)
        async with listening(edge) as port:
            return await asyncio.to_thread(_dumped, f"http://127.0.0.1:{port}/backups", folder)


def _dumped(address: str, folder: Path) -> str:
    command: list[Any] = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={folder / 'browser'}",
    ]
    done = subprocess.run(
        [*command, "--virtual-time-budget=5000", "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout
