"""The benchmark runs, and all contenders give the same rows: its figures are not looked at."""

import os
import subprocess
import sys

from processes import FOLDERS, ROOT


def test_bench_runs(postgresql_server: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--rounds", "1", "--seconds", "0.05", "--connections", "2", "--many", "3"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([FOLDERS, str(ROOT)]),
            "GEMEL_TEST_DATABASE_URI": postgresql_server,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ") and "W1" not in line]
    assert [row.split("|")[1].strip() for row in rows] == ["graphql", "rest", "by hand", "database"] * 2
