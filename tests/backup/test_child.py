"""Other programs end with us; what they say is told; which of them is run."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup.helpers import LIMIT, until
from gemel.settings import Settings
from gemel_backup.child import LEASH, child, child_in_turns
from gemel_backup.clients import find_client, tool_major
from gemel_backup.errors import BackupError, Yielded
from gemel_backup.job import Job
from gemel_backup.pace import Pace
from gemel_backup.postgresql import Address

# Starts a child of its own, as pg_dump does; both are found by the file that they hold open.
FAMILY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import sys, time; open(sys.argv[1], 'w').write('x'); time.sleep(600)", sys.argv[1]])
time.sleep(600)
"""


def job(**more: object) -> Job:
    return Job(Settings(), **more)  # type: ignore[arg-type]


def processes(mark: str) -> Iterator[tuple[str, str]]:
    """Command and state (``proc(5)``) of each process that has the mark among its arguments."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (folder / "cmdline").read_text(), (folder / "status").read_text()
        except OSError:
            continue
        if mark in command:
            yield command, status.partition("State:\t")[2][0]


def running(mark: str) -> bool:
    """Whether any such process is there."""
    return any(state != "Z" for _, state in processes(mark))


def stopped(mark: str) -> bool:
    """Whether what grows is there, and stopped."""
    return any(
        state == "T" and command.startswith(f"{sys.executable}\0-c\0{GROWING}") for command, state in processes(mark)
    )


def test_program_that_ends_well() -> None:
    with child([sys.executable, "-c", "pass"], {}) as process:
        process.wait(job())


def test_what_a_failed_program_said_is_told() -> None:
    script = "import sys; sys.stderr.write('it hurts'); sys.exit(3)"
    with (
        pytest.raises(BackupError, match="exit status 3: it hurts"),
        child([sys.executable, "-c", script], {}) as process,
    ):
        process.wait(job())


def test_environment_is_given() -> None:
    script = "import os, sys; sys.exit(os.environ['PGPASSWORD'])"
    with (
        pytest.raises(BackupError, match="s3cret"),
        child([sys.executable, "-c", script], {"PGPASSWORD": "s3cret"}) as process,
    ):
        process.wait(job())


@pytest.mark.parametrize("how", ["stop", "limit", "error"])
def test_program_is_ended_with_all_that_it_started(tmp_path: Path, how: str) -> None:
    mark = tmp_path / "mark"
    asked = {"stop": job(stop=mark.exists), "limit": job(limit=0.5), "error": job()}[how]
    with (
        pytest.raises((Yielded, BackupError, ZeroDivisionError)),
        child([sys.executable, "-c", FAMILY, str(mark)], {}) as process,
    ):
        until(mark.exists)
        if how == "error":
            raise ZeroDivisionError
        process.wait(asked)
    until(lambda: not running(str(mark)))


def test_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"""
from gemel_backup.child import child
import sys, time
with child([sys.executable, "-c", {FAMILY!r}, {str(mark)!r}], {{}}):
    time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as process:
        until(mark.exists)
        process.kill()
        process.wait(LIMIT)
    until(lambda: not running(str(mark)))


# Grows a file as long as it runs.
GROWING = """
import sys, time
while True:
    with open(sys.argv[1], "a") as file:
        file.write("x")
    time.sleep(0.001)
"""


def test_program_that_is_paused_does_nothing_until_it_may_go_on(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with child([sys.executable, "-c", GROWING, str(mark)], {}) as process:
        until(mark.exists)
        process.pause()
        until(lambda: stopped(str(mark)))
        size = mark.stat().st_size
        time.sleep(0.1)
        assert mark.stat().st_size == size
        process.go_on()
        until(lambda: mark.stat().st_size > size)
        process.pause()
    until(lambda: not running(str(mark)))


def test_paused_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"""
from gemel_backup.child import child
import time
with child([{sys.executable!r}, "-c", {GROWING!r}, {str(mark)!r}], {{}}) as process:
    while True:
        process.pause()
        time.sleep(0.05)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as process:
        until(lambda: stopped(str(mark)))
        process.kill()
        process.wait(LIMIT)
    until(lambda: not running(str(mark)))


@pytest.mark.parametrize("share", [20, 50, 100])
def test_program_works_a_share_of_the_time(share: int) -> None:
    """The processor's time that a program gets which would always work."""
    script = "import time\nwhile time.process_time() < 0.2: pass"
    begun = time.monotonic()
    with child_in_turns([sys.executable, "-c", script], {}, Pace(share)) as process:
        process.wait(job())
    took = time.monotonic() - begun
    assert took > 0.2 * 100 / share * 0.9


def test_program_waits_for_its_first_turn(tmp_path: Path) -> None:
    """It is there only when others rest, and then for a turn."""
    pace, mark = Pace(50), tmp_path / "begun"
    script = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    begun = threading.Event()

    def start() -> None:
        begun.set()
        with child_in_turns([sys.executable, "-c", script], {}, pace):
            until(mark.exists)

    with pace.turn():
        starting = threading.Thread(target=start)
        starting.start()
        begun.wait(LIMIT)
        time.sleep(0.2)
        assert not mark.exists()
    starting.join(LIMIT)
    assert mark.exists()


def test_leash_tells_a_signal_as_shells_do() -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    done = subprocess.Popen(
        [sys.executable, str(LEASH), sys.executable, "-c", script], stdin=subprocess.PIPE, start_new_session=True
    )
    with done:
        assert done.wait(LIMIT) == 128 + 15


def program(folder: Path, version: str) -> Path:
    folder.mkdir()
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    path.chmod(0o755)
    return folder


def test_oldest_client_that_fits_is_chosen(tmp_path: Path) -> None:
    folders = [program(tmp_path / version, version) for version in ("18.1", "15.3", "17.2 (Debian 17.2-1)", "17.6")]
    assert find_client("pg_dump", 16, folders).version == (17, 2)
    assert find_client("pg_dump", 18, folders).version == (18, 1)


def test_missing_client_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="there is none: install the package postgresql-client-17"):
        find_client("pg_dump", 17, [tmp_path])
    with pytest.raises(BackupError, match=r"only pg_dump 15\.3 \("):
        find_client("pg_dump", 17, [program(tmp_path / "15", "15.3")])


def test_broken_client_is_passed_over(tmp_path: Path) -> None:
    broken = program(tmp_path / "broken", "17.1")
    (broken / "pg_dump").write_text("#!/bin/sh\nexit 1\n")
    assert find_client("pg_dump", 17, [broken, program(tmp_path / "good", "18.0")]).version == (18, 0)


def test_major_of_a_tool() -> None:
    assert (tool_major("pg_dump 17.4"), tool_major("nothing")) == (17, 0)


def test_password_is_kept_apart() -> None:
    address = Address.parse("postgresql://me:p%40ss@db.example:6432/shop?sslmode=require")
    assert "p@ss" not in address.conninfo
    assert address.environment == {"PGPASSWORD": "p@ss"}
    assert "p@ss" not in f"{address}"
    assert "p@ss" not in repr(address)
    assert address.with_database("other").password == "p@ss"
    assert str(address) == "database 'shop' on db.example:6432"


def test_address_that_cannot_be_read_is_told_without_its_password() -> None:
    with pytest.raises(BackupError) as caught:
        Address.parse("postgresql://me:hunter2@host/db?nonsense=1")
    assert "hunter2" not in str(caught.value)
