"""What evidence and proof cost beside PostgreSQL's own programs, and what others feel of a backup (``make soak``)."""

import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from backup.faults.ground import environment_of
from figures import write_figures
from gemel.app import App
from gemel.request import AllColumns, Query, Root, Rows, Select, Slot, Source
from gemel.serve import open_engine
from gemel.settings import Settings
from gemel_backup.clients import find_client
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.postgresql import Address, server_major
from gemel_backup.prove.prove import prove
from gemel_backup.store import FolderStore
from gemel_backup.take import take
from gemel_backup.take.postgresql import ZSTD, _knows_zstd

ROWS = int(os.environ.get("GEMEL_TEST_BACKUP_ROWS", "5000000"))
ROUNDS = 7
JOBS = 2
SECONDS = 6.0
LONGEST = 600.0
TAKE = """
import sys
from datetime import UTC, datetime
from gemel.settings import load
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.store import open_store
from gemel_backup.take import take
settings = load()
for _ in sys.stdin:
    take(Job(settings), open_store(settings), new_id(datetime.now(UTC)), "chinook")
    print("taken", flush=True)
"""
"""A worker that takes a backup for each line it is given."""
FILL = """
CREATE TABLE {name} (id integer PRIMARY KEY, aid integer NOT NULL, amount numeric(10, 2), at timestamptz, note text);
INSERT INTO {name} SELECT n, n % 1000, (n % 10007) / 7.0, '2026-01-01'::timestamptz + n * interval '1 second',
  md5(n::text) || repeat('x', n % 90) FROM generate_series(1, {rows}) n;
CREATE INDEX ON {name} (aid);
"""


@pytest.fixture(params=[1])
def large(request: pytest.FixtureRequest, copy_chinook: Callable[..., object], tmp_path: Path) -> Iterator[Settings]:
    """Chinook, and beside it four tables of a quarter of all rows, or of a part of that."""
    rows = ROWS // 4 // request.param
    with copy_chinook("postgresql", tmp_path) as settings:  # type: ignore[attr-defined]
        with psycopg.connect(settings.database, autocommit=True) as connection:
            for number in range(4):
                connection.execute(FILL.format(name=f"large_{number}", rows=rows).encode())
            connection.execute("VACUUM ANALYZE")
        yield settings


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def fresh_database(settings: Settings, name: str) -> Iterator[str]:
    with psycopg.connect(settings.database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(settings.database)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.soak
def test_ratios(large: Settings, tmp_path: Path) -> None:
    address = Address.parse(large.database)
    with address.connect(Job(large)) as connection:
        major = server_major(connection)
    dump, restore = (find_client(name, major).path for name in ("pg_dump", "pg_restore"))
    compress = [ZSTD] if _knows_zstd(dump) else []
    environment = {**os.environ, **address.environment}
    store, job = FolderStore(large.backups), Job(large, processes=JOBS)
    figures: dict[str, list[float]] = {key: [] for key in ("pg_dump", "backup", "pg_restore", "proof")}
    for number in range(ROUNDS):
        folder = tmp_path / f"plain-{number}"
        command = [dump, "-Fd", f"-j{JOBS}", *compress, f"--file={folder}", f"--dbname={address.conninfo}"]
        figures["pg_dump"].append(timed(lambda command=command: subprocess.run(command, env=environment, check=True)))  # type: ignore[misc]
        ids: list[str] = []
        figures["backup"].append(
            timed(lambda ids=ids: ids.append(take(job, store, new_id(datetime.now(UTC)), "chinook").id))
        )  # type: ignore[misc]
        with fresh_database(large, f"plain_{number}_{address.database}") as target:
            into = Address.parse(target)
            command = [restore, f"-j{JOBS}", "--no-owner", f"--dbname={into.conninfo}", str(folder)]
            figures["pg_restore"].append(
                timed(lambda command=command: subprocess.run(command, env=environment, check=True))
            )  # type: ignore[misc]
        figures["proof"].append(timed(lambda ids=ids: prove(job, store, ids[0])))  # type: ignore[misc]
    found = {f"{name} seconds": round(statistics.median(values), 3) for name, values in figures.items()}
    # Of each round, for a machine that is shared is not always as fast.
    ratios = {
        f"{ours} / {theirs}": round(
            statistics.median([one / other for one, other in zip(figures[ours], figures[theirs], strict=True)]), 3
        )
        for ours, theirs in (("backup", "pg_dump"), ("proof", "pg_restore"))
    }
    write_figures("backup-ratios", {"rows": ROWS, "jobs": JOBS, **found, **ratios})


def taken(worker: "subprocess.Popen[str]") -> None:
    """Have it take a backup."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "taken\n"


@pytest.mark.soak
@pytest.mark.parametrize("share", [100, 25, 10])
@pytest.mark.parametrize("large", [25], indirect=True)
def test_what_others_feel_of_a_backup(large: Settings, chinook_app: App, share: int) -> None:
    """Database, caller and backup share the processors of this machine; a proof has a server of its own."""
    settings = large.model_copy(update={"backup_share": share})
    quiet, meanwhile, took = [], [], 0.0
    environment = {**os.environ, **environment_of(settings)}
    command, pipe = [sys.executable, "-c", TAKE], subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as worker:
        taken(worker)  # whatever is done once is done
        for _ in range(ROUNDS):  # in turn, for a machine that is shared is not always as fast
            quiet += asyncio.run(_latencies(settings, chinook_app, max(SECONDS, took)))
            begun = time.perf_counter()
            waiting = threading.Thread(target=taken, args=(worker,))
            waiting.start()
            meanwhile += asyncio.run(_latencies(settings, chinook_app, LONGEST, waiting.is_alive))
            took = time.perf_counter() - begun
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait() == 0
    figures = {}
    for name, values in (("quiet", quiet), ("meanwhile", meanwhile)):
        values.sort()
        figures[f"p50 {name} ms"] = round(values[len(values) // 2] * 1000, 3)
        figures[f"p99 {name} ms"] = round(values[len(values) * 99 // 100] * 1000, 3)
        figures[f"requests {name}"] = len(values)
    ratio = figures["p99 meanwhile ms"] / figures["p99 quiet ms"]
    told = {"rows": ROWS // 25, "backup seconds": round(took, 1), **figures, "p99 ratio": round(ratio, 2)}
    write_figures(f"backup-p99-{share}", told)


async def _latencies(
    settings: Settings, app: App, seconds: float, going_on: Callable[[], bool] = lambda: True
) -> list[float]:
    """Of one caller that reads a page of tracks, again and again."""
    query = Query((Root("rows", Source("public", "track"), Select((AllColumns(),), Rows(limit=Slot(0)))),))
    found = []
    async with open_engine(settings, app) as engine:
        prepared = engine.prepare("admin", query)
        for _ in range(200):
            await engine.read(prepared, [50])
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and going_on():
            begun = time.perf_counter()
            await engine.read(prepared, [50])
            found.append(time.perf_counter() - begun)
            await asyncio.sleep(0.002)
    return found
