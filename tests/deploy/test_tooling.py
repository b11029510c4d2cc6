"""The Makefile and the scripts beside it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_plain_make_lists_the_targets() -> None:
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, timeout=60, check=True).stdout
    for target in ("run", "test", "conformance", "clients", "e2e", "lint", "format", "lock", "docker.env"):
        assert re.search(rf"^ *make {re.escape(target)} +\S", shown, re.MULTILINE), target


def test_every_target_has_a_rule() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) <= set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))


def new_secrets(target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy/new_secrets.py"), str(ROOT / "docker.example.env"), str(target)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_new_secrets_are_written_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "docker.env"
    assert new_secrets(target).returncode == 0
    written = target.read_text(encoding="utf-8")
    values = re.findall(r"^[A-Z_]+=(.*)$", written, re.MULTILINE)
    assert len(values) == len(set(values)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in values)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["docker.env"]

    again = new_secrets(target)
    assert again.returncode == 1
    assert "left as it is" in again.stderr
    assert target.read_text(encoding="utf-8") == written


def test_make_does_not_replace_secrets(tmp_path: Path) -> None:
    for name in ("Makefile", "docker.example.env"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "docker.env").write_text("POSTGRES_PASSWORD=known\n")
    command = ["make", "-C", str(tmp_path), "docker.env"]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert (tmp_path / "docker.env").read_text() == "POSTGRES_PASSWORD=known\n"


def test_secrets_stay_out_of_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/docker.env", "/settings.ini", "var/", ".venv/"} <= set(ignored)
