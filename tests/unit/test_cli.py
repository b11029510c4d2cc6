"""The admin commands, through the front door."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr
from typer.main import get_command

import gemel_cli.commands.policy
from chinook.models import Invoice, Track
from gemel import Example
from gemel.app import load_app
from gemel.settings import Settings
from gemel_cli import main
from gemel_cli.application import application
from gemel_cli.commands.settings import masked
from gemel_cli.commands.token import token_claims

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SECRET = "a-secret-of-thirty-two-characters-or-more"
LIMIT = 60.0


def environment(**settings: object) -> dict[str, str]:
    """This process's environment with these settings and no other, and with output of one form."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GEMEL_")}
    given = {f"GEMEL_{key.upper()}": str(value) for key, value in settings.items()}
    return kept | given | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(*arguments, **settings)``: a command in this process, up to its exit status, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, **settings: object) -> Done:
        status: int | str | None = 0
        with monkeypatch.context() as patch:
            for key in os.environ:
                if key.startswith("GEMEL_"):
                    patch.delenv(key)
            for key, value in environment(**settings).items():
                patch.setenv(key, value)
            patch.setattr(sys, "argv", ["scripts.py", *arguments])
            try:
                main()
            except SystemExit as stop:
                status = stop.code
        output = capsys.readouterr()
        return Done(int(status or 0), output.out, output.err)

    return call


def process(folder: Path, *command: str, **environ: str) -> Done:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=folder,
        env=environment() | environ,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the tree with the words that name it."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


TREE = dict(commands(get_command(application())))


def help_text(path: tuple[str, ...]) -> str:
    context = None
    for depth in range(len(path) + 1):
        command = TREE[path[:depth]]
        name = path[depth - 1] if depth else "scripts.py"
        context = command.context_class(
            command, parent=context, info_name=name, terminal_width=80, max_content_width=80
        )
    assert context is not None
    return context.get_help() + "\n"


@pytest.mark.parametrize("path", TREE, ids="_".join)
def test_help_is_as_it_was(path: tuple[str, ...]) -> None:
    """After a change that is meant: ``UPDATE_GOLDEN=1 make test ARGS=tests/unit/test_cli.py``."""
    file = GOLDEN / f"{'_'.join(('help', *path))}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(help_text(path), encoding="utf-8")
    assert help_text(path) == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("help*.txt")} == {"_".join(("help", *path)) for path in TREE}


def test_each_command_says_what_it_does() -> None:
    assert [path for path, command in TREE.items() if not command.get_short_help_str(60)] == []


def test_help_at_the_front_door(tmp_path: Path) -> None:
    done = process(tmp_path, str(ROOT / "scripts.py"), "migrate", "--help")
    assert done == Done(0, help_text(("migrate",)), "")
    assert list(tmp_path.iterdir()) == []


def test_the_module_is_the_same(tmp_path: Path, run: Run) -> None:
    path = os.pathsep.join(str(item) for item in (ROOT / "shared", ROOT / "cli", *(ROOT / "services").iterdir()))
    done = process(tmp_path, "-m", "gemel_cli", "migrate", "show", PYTHONPATH=path)
    assert done == run("migrate", "show")
    assert done.stdout.startswith("current  none\nhead     0001\n")


def test_migrate_seed_and_check(database: Settings, run: Run) -> None:
    def say(*arguments: str) -> tuple[int, str]:
        done = run(*arguments, database_uri=database.database)
        return done.returncode, done.stdout + (done.stderr if done.returncode else "")

    status, text = say("migrate", "show")
    assert (status, text.splitlines()[0]) == (0, "current  none")
    assert say("migrate", "check")[0] == 1
    status, text = say("seed")
    assert status == 1
    assert text.endswith("has no table 'artist': run `migrate` first\n")
    status, text = say("migrate")
    done = [line.split()[:2] for line in text.splitlines()]
    assert (status, done) == (
        0,
        [
            ["gemel:", "0001"],
            ["gemel:", "0002"],
            ["gemel:", "0003"],
            ["gemel:", "0004"],
            ["gemel:", "0005"],
            ["chinook:", "0001"],
        ],
    )
    assert say("migrate", "up") == (0, "chinook is at 0001: nothing to do\n")
    assert say("migrate", "check") == (0, "")
    assert say("seed") == (0, "loaded 15607 rows into 11 tables\n")
    status, text = say("seed")
    assert (status, text[:19]) == (1, "not empty: artist, ")
    assert say("seed", "--force") == (0, "loaded 15607 rows into 11 tables\n")
    assert say("migrate", "down", "base") == (0, "chinook: 0001 -> base\n")


def test_seed_shows_its_progress(chinook: Settings, run: Run) -> None:
    done = run("seed", "--force", database_uri=chinook.database)
    assert [line.split()[0] for line in done.stderr.splitlines()][-1] == "playlist_track"
    assert done.stderr.count("100 %") == 11


def test_new_writes_a_revision_of_the_app(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "changing"
    shutil.copytree(ROOT / "shared" / "chinook", package, ignore=shutil.ignore_patterns("__pycache__", "data"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert run("migrate", app="changing").returncode == 0
    refused = run("migrate", "new", "Nothing", app="changing")
    assert (refused.returncode, "--empty" in refused.stderr) == (1, True)
    done = run("migrate", "new", "Fill in", "--empty", app="changing")
    assert Path(done.stdout.strip()).parent == package / "migrations" / "versions"
    assert run("migrate", app="changing").stdout.endswith(" Fill in\n")


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "says"),
    [
        (["migrate"], {"port": "many"}, 1, "port (environment variable GEMEL_PORT): "),
        (["migrate"], {"app": "chinok"}, 1, "there is no module 'chinok' on the import path"),
        (["migrate"], {"database_uri": "postgresql://u:hunter2@127.0.0.1:1/d"}, 1, "database 'd' on 127.0.0.1:1"),
        (["migrate", "down", "nowhere"], {}, 1, "nowhere"),
        (["migrate", "down"], {}, 2, "Missing argument"),
        (["bogus"], {}, 2, "No such command 'bogus'"),
        (["token", "user"], {}, 1, "jwt_secret_key is not set"),
        (["token", "user", "--expires", "soon"], {"jwt_secret_key": SECRET}, 2, "'soon' is not a time"),
        (["token", "user", "--claim", "x"], {"jwt_secret_key": SECRET}, 2, "'x' is not KEY=VALUE"),
        (["token", "user", "--claim", "role=admin"], {"jwt_secret_key": SECRET}, 2, "'role' is set by this command"),
    ],
)
def test_refusal_is_a_message(run: Run, arguments: list[str], settings: dict[str, str], status: int, says: str) -> None:
    done = run(*arguments, **settings)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert "hunter2" not in done.stderr


INTERRUPTED = """
import pathlib, threading
revision = "a"
down_revision = None

def upgrade():
    print("here", flush=True)
    threading.Event().wait(60)
"""


def test_interrupt_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    versions = tmp_path / "waiting" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "waiting" / "__init__.py").touch()
    shutil.copy(ROOT / "shared" / "chinook" / "models.py", tmp_path / "waiting")
    (versions.parent / "HEAD").write_text("a")
    (versions / "a.py").write_text(INTERRUPTED)
    with subprocess.Popen(
        [sys.executable, str(ROOT / "scripts.py"), "migrate"],
        cwd=tmp_path,
        env=environment(app="waiting") | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        while child.stdout.readline() not in {"here\n", ""}:
            pass
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=LIMIT)
    assert (child.returncode, "Traceback" in errors) == (130, False)


def test_token_is_read_back(run: Run) -> None:
    arguments = ["token", "customer", "--expires", "15m", "--claim", "user-id=7", "--claim", "X-Hasura-Org=a=b"]
    done = run(*arguments, jwt_secret_key=SECRET)
    claims = jwt.decode(done.stdout.strip(), SECRET, algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 900
    assert claims["role"] == "customer"
    assert claims["https://hasura.io/jwt/claims"] == {
        "x-hasura-default-role": "customer",
        "x-hasura-allowed-roles": ["customer"],
        "x-hasura-user-id": "7",
        "x-hasura-org": "a=b",
    }


def test_claims() -> None:
    assert token_claims("r", 60, {"user-id": "7"}, now=1000) == {
        "user-id": "7",
        "role": "r",
        "iat": 1000,
        "exp": 1060,
        "https://hasura.io/jwt/claims": {
            "x-hasura-user-id": "7",
            "x-hasura-default-role": "r",
            "x-hasura-allowed-roles": ["r"],
        },
    }


def test_settings_are_shown_with_their_source_and_without_secrets(tmp_path: Path, run: Run) -> None:
    (tmp_path / "settings.ini").write_text(f"[gemel]\nport = 7001\njwt_secret_key = {SECRET}\n")
    uri = "postgresql://me:hunter2@db.example:5432/shop"
    done = run("settings", database_uri=uri, prot="1")
    shown = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert set(shown) == set(Settings.model_fields)
    assert shown["port"] == ["7001", "settings.ini", "line", "2"]
    assert shown["jwt_secret_key"] == ["********", "settings.ini", "line", "3"]
    assert shown["database_uri"][0] == "postgresql://me:********@db.example:5432/shop"
    assert shown["readers"] == ["4", "default"]
    assert "GEMEL_PROT is set in the environment" in done.stderr
    assert not {SECRET, "hunter2"} & set((done.stdout + done.stderr).replace("@", " ").replace(":", " ").split())


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("database_uri", SecretStr("postgresql://u:p@ss:w@h/d"), "postgresql://u:********@h/d"),
        (
            "database_uri",
            SecretStr("postgresql://h/d?user=u&password=p&x=1"),
            "postgresql://h/d?user=u&password=********&x=1",
        ),
        ("database_uri", SecretStr("sqlite:////var/data.sqlite3"), "sqlite:////var/data.sqlite3"),
        ("redis_uri", SecretStr("redis://:pw@h:6379/0"), "redis://:********@h:6379/0"),
        ("admin_secret", SecretStr("s"), "********"),
        ("admin_secret", SecretStr(""), ""),
        ("debug", False, "false"),
        ("frontend_uri", ("https://a", "https://b"), "https://a, https://b"),
    ],
)
def test_masked(key: str, value: object, text: str) -> None:
    assert masked(key, value) == text


def test_policies_are_explained(run: Run, tmp_path: Path) -> None:
    done = run("policy", "explain", "customer", "invoice", data_dir=tmp_path)
    assert done.returncode == 0
    assert "rows:       invoice.customer_id = claim('user-id')" in done.stdout
    assert "insert: no" in done.stdout
    assert run("policy", "explain", "customer", "employee", data_dir=tmp_path).stdout == (
        "employee does not exist for customer\n"
    )
    for arguments in (("stranger", "invoice"), ("customer", "nothing")):
        refused = run("policy", "explain", *arguments, data_dir=tmp_path)
        assert refused.returncode == 1
        assert "there are" in refused.stderr


def test_examples_of_policies_are_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate", "up", data_dir=tmp_path)
    run("seed", data_dir=tmp_path)
    assert run("policy", "test", data_dir=tmp_path).stdout == "15 expectations hold\n"
    app = load_app("chinook")
    wrong = (
        Example("customer", {"user-id": 5}).sees(Invoice, Invoice.customer_id == 6).may("delete", Invoice),
        Example("customer").sees(Invoice, True),
        Example("anonymous").may_not("select", Track, "name"),
        Example("stranger").sees(Track, True),
    )
    monkeypatch.setattr(gemel_cli.commands.policy, "load_app", lambda _: app)
    monkeypatch.setattr(app.policies, "examples", wrong)
    done = run("policy", "test", data_dir=tmp_path)
    assert done.returncode == 1
    assert "customer (user-id=5) may not delete Invoice" in done.stdout
    assert "customer (user-id=5) sees Invoice: 7 rows too many" in done.stdout
    assert 'customer sees Invoice: missing session variable: "x-hasura-user-id"' in done.stdout
    assert "anonymous may select Track (name)" in done.stdout
    assert "stranger: no policy speaks of this role" in done.stdout
    assert done.stderr == "5 of 5 expectations do not hold\n"
