"""Coverage-guided fuzzing of both services (docs/decisions.md, 36): a million requests, and none crashes one."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from figures import count, new_seed, write_figures
from processes import FOLDERS

HERE: Final = Path(__file__).parent
RUNS: Final = 1_000_000
"""Requests of both dialects together."""
HOURS: Final = 4
LONGEST: Final = 2_000
"""Bytes of an input."""
SECONDS: Final = 60
"""After which one request counts as hanging."""


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["graphql", "rest"])
def test_no_request_crashes(dialect: str, tmp_path: Path) -> None:
    runs, seed = count("FUZZ_RUNS", RUNS) // 2, new_seed()
    options = [
        f"-runs={runs}", f"-seed={seed}", f"-max_len={LONGEST}", f"-timeout={SECONDS}", "-rss_limit_mb=4096",
        f"-dict={HERE / dialect}.dict", f"-artifact_prefix={tmp_path}/",
    ]  # fmt: skip
    command = [sys.executable, str(HERE / "guided.py"), dialect, str(tmp_path / "data"), *options]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([FOLDERS, str(HERE)])}
    log = tmp_path / "log"
    with log.open("wb") as file:
        done = subprocess.run(command, stdout=file, stderr=file, env=environ, timeout=HOURS * 3600, check=False)
    text = log.read_text(encoding="utf-8", errors="replace")
    found = [path.read_bytes() for path in tmp_path.glob("*-*") if path.is_file()]
    assert done.returncode == 0, f"{found}\n{text[-5000:]}"
    reached = re.search(r"#(\d+)\s+DONE\s+cov: (\d+)", text)
    assert reached, text[-5000:]
    assert int(reached[1]) >= runs
    write_figures(f"fuzz-{dialect}", {"requests": int(reached[1]), "branches covered": int(reached[2])}, seed)
