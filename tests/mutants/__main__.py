"""``make mutants``: take out each place that asks a policy or a limit, or checks a hash or evidence, one at a time.

Some test has to turn red.

``make mutants ARGS='plan/read.py visible'`` takes those only in whose line all of the words stand. Exit status 1 if one
survives.
"""

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from mutants.find import ROOT, Mutant, chosen

TESTS = (
    "tests/policy/test_plans.py",
    "tests/policy/test_reads.py",
    "tests/policy/test_writes.py",
    "tests/policy/test_chinook.py",
    "tests/limits",
    "tests/security/test_owasp.py",
    "tests/policy/test_no_way_around.py",
)
TESTS_OF_BACKUPS = (
    "tests/backup/test_proof.py",
    "tests/backup/test_keep.py",
    "tests/backup/test_evidence.py",
    "tests/backup/test_restore.py",
    "tests/backup/test_pitr.py",
    "tests/backup/faults/test_corruptions.py",
)
WHICH = ("not postgresql", "postgresql")
"""SQLite first: most die there, and soon."""
AT_A_TIME = 2
SECONDS = 1800
"""Of one run; one that takes longer has turned red, too."""


def main(words: list[str]) -> int:
    """Run the tests on each mutant, and tell which survive."""
    found = chosen(words)
    if not found:
        sys.stderr.write("there is no such place\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="gemel-mutants-") as folder:
        copies: Queue[Path] = Queue()
        for number in range(AT_A_TIME):
            copies.put(_copy(Path(folder) / str(number)))
        if any(_fails(Path(folder) / "0", WHICH[0], tests) for tests in {_tests(one) for one in found}):
            sys.stderr.write("the tests fail as it is: mend that first\n")
            return 1
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            killed = list(pool.map(lambda one: _try(one, copies), found))
    sys.stdout.write(f"{len(found)} mutants, {killed.count(False)} survived\n")
    return not all(killed)


def _copy(folder: Path) -> Path:
    """The tracked files as they are now, and the virtual environment."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def _try(mutant: Mutant, copies: "Queue[Path]") -> bool:
    copy = copies.get()
    before = mutant.apply(copy)
    try:
        killed = any(_fails(copy, which, _tests(mutant)) for which in WHICH)
    finally:
        (copy / mutant.path).write_bytes(before)
        copies.put(copy)
    sys.stdout.write(f"{'killed  ' if killed else 'SURVIVED'} {mutant}\n")
    sys.stdout.flush()
    return killed


def _tests(mutant: Mutant) -> tuple[str, ...]:
    return TESTS_OF_BACKUPS if mutant.of_backups else TESTS


def _fails(copy: Path, which: str, tests: tuple[str, ...]) -> bool:
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not soak", "-k", which]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        return subprocess.run(command, cwd=copy, capture_output=True, timeout=SECONDS, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
