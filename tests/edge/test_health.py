"""The health paths: liveness, readiness, metrics."""

import asyncio

import pytest

from edge.asgi import ask
from gemel.app import App
from gemel.edge.ready import database_check
from gemel.observe import Health, Metrics
from gemel.observe.health import Check
from gemel.serve import open_engine
from gemel.settings import Settings, load
from gemel_migrator import migrate


async def fine() -> str | None:
    return None


async def lacking() -> str | None:
    return "not there"


async def breaking() -> str | None:
    raise ValueError("the inside")


async def hanging() -> str | None:
    await asyncio.get_running_loop().create_future()
    return None


def health(**checks: Check) -> Health:
    return Health(checks, Metrics())


def test_not_ready_says_what_is_missing_and_nothing_of_the_inside() -> None:
    """R26-1"""
    answer = ask(health(database=lacking, cache=fine, queue=breaking), path="/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "missing": {"database": "not there", "queue": "ValueError"}}


def test_a_check_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemel.observe.health.PATIENCE", 0.01)
    answer = ask(health(database=hanging), path="/readyz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == {"database": "no answer within 0.01 seconds"}


def test_a_process_lives_though_it_is_not_ready() -> None:
    assert ask(health(database=breaking), path="/livez").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "BREW"])
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_only_reading(method: str, path: str) -> None:
    answer = ask(health(database=fine), method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/readyz/", "/live", "/metrics/x"])
def test_nothing_else_is_here(path: str) -> None:
    assert ask(health(database=fine), path=path).status_code == 404


def test_ready() -> None:
    """R26-1"""
    answer = ask(health(database=fine), path="/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "missing": {}}
    assert ask(health(database=fine), "HEAD", "/readyz").content == b""


def test_metrics_in_the_form_that_is_asked_for() -> None:
    """R26-1"""
    plain = ask(health(), path="/metrics")
    assert plain.headers["content-type"].startswith("text/plain")
    assert "python_gc_objects_collected_total" in plain.text
    asked = ask(health(), path="/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")


def _missing(settings: Settings, app: App) -> str | None:
    async def run() -> str | None:
        async with open_engine(settings, app) as engine:
            return await database_check(engine)()

    return asyncio.run(run())


def test_a_database_that_was_never_migrated_is_not_ready(database: Settings, chinook_app: App) -> None:
    if not database.is_postgresql:
        database.sqlite_path.touch()
    assert _missing(database, chinook_app) == (
        f"the database was never migrated, this code needs revision {chinook_app.head}"
    )


def test_a_migrated_database_is_ready(database: Settings, chinook_app: App) -> None:
    migrate(database, chinook_app)
    assert _missing(database, chinook_app) is None


def test_a_server_that_does_not_answer_is_not_ready(chinook_app: App) -> None:
    nowhere = load({"GEMEL_DATABASE_URI": "postgresql://gemel:private@127.0.0.1:1/gemel"})
    missing = _missing(nowhere, chinook_app)
    assert missing is not None
    assert missing.startswith("the database does not answer")
    assert "private" not in missing
