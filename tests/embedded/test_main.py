"""``main.py`` as its users start it: in a folder, with or without settings, stopped by Ctrl-C."""

import json
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from gemel.settings import Settings
from processes import ROOT, Program, free_port, program, wait_until_closed, wait_until_ready

MAIN = str(ROOT / "main.py")
TRACKS = {"query": "{ track_aggregate { aggregate { count } } artist_by_pk(id: 1) { name } }"}


@contextmanager
def serving(folder: Path, *options: str, port: int | None = None, **environ: str) -> Iterator[tuple[Program, str]]:
    """The program, and its address once it is ready. Its paths are its own business, as in a checkout."""
    own = {"GEMEL_PORT": str(port or free_port()), "PYTHONPATH": "", **environ}
    with program([MAIN, *options], folder, **own) as running:
        address = running.wait_for(r"GraphQL +(http://.*)/graphql")[1]
        wait_until_ready(address)
        yield running, address


def stopped(running: Program) -> None:
    """Ctrl-C ends it, and nothing went wrong until then."""
    assert running.stop(signal.SIGINT) == 0
    assert "Traceback" not in running.err
    assert '"level":"error"' not in running.err


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"GEMEL_BODY_LIMIT": "much"}, r"body_limit \(environment variable GEMEL_BODY_LIMIT\): .*integer"),
        ({"GEMEL_BACKUP_SCHEDULE": "at night"}, r"backup_schedule"),
        ({"GEMEL_APP": "chinok"}, r"there is no module 'chinok'.*did you mean 'chinook'"),
        ({"GEMEL_DATA_DIR": "file/var"}, r"data_dir: file/var cannot be made: Not a directory"),
        (
            {"GEMEL_DATABASE_URI": "mysql://x/y"},
            r"database_uri \(environment variable GEMEL_DATABASE_URI\): must",
        ),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, environ: dict[str, str], told: str) -> None:
    """R21-7: no port is opened before the models are loaded."""
    (tmp_path / "file").touch()
    with program([MAIN], tmp_path, GEMEL_PORT=str(free_port()), **environ) as running:
        assert running.end() == 1
    assert re.match(told, running.err)
    assert "Traceback" not in running.err
    assert not (tmp_path / "var" / "gemel.sqlite3").exists()


def test_a_wrong_setting_of_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "settings.ini").write_text("[gemel]\napp = chinook\nprot = 5001\n")
    with program([MAIN], tmp_path) as running:
        assert running.end() == 1
    assert running.err == "prot (settings.ini line 3): there is no such setting; did you mean port?\n"


def test_from_an_empty_folder_to_both_apis_and_back(tmp_path: Path) -> None:
    with serving(tmp_path, "--seed", GEMEL_PROT="5001") as (running, address):
        assert "no secret is set: every program of this machine is admin" in running.out
        answer = httpx.post(f"{address}/v1/graphql", json=TRACKS).json()
        assert answer == {
            "data": {"track_aggregate": {"aggregate": {"count": 3503}}, "artist_by_pk": {"name": "AC/DC"}}
        }
        rows = httpx.get(f"{address}/rest/v1/artist?id=eq.1&select=name")
        assert rows.json() == [{"name": "AC/DC"}]
        assert httpx.get(f"{address}/openapi.json").json()["openapi"].startswith("3.1")
        stopped(running)
    warnings = [json.loads(line) for line in running.err.splitlines() if '"level":"warning"' in line]
    assert [line["variable"] for line in warnings] == ["GEMEL_PROT"]
    # The database is whole in its file: nothing is left of the write-ahead log.
    assert not list((tmp_path / "var").glob("*-wal"))
    with closing(sqlite3.connect(tmp_path / "var" / "gemel.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_second_start_finds_what_was_written(database: Settings, tmp_path: Path) -> None:
    environ = {"GEMEL_DATABASE_URI": database.database}
    for start in (1, 2):
        with serving(tmp_path, "--seed", **environ) as (running, address):
            assert len(re.findall("^seed: ", running.out, re.MULTILINE)) == (1 if start == 1 else 0)
            answer = httpx.post(f"{address}/rest/v1/genre", json={"name": f"Baroque {start}"})
            assert answer.status_code == 201, answer.text
            found = httpx.get(f"{address}/rest/v1/genre?name=like.Baroque*&order=id").json()
            assert [row["name"] for row in found] == ["Baroque 1", "Baroque 2"][:start]
            stopped(running)


def test_a_write_in_flight_is_finished_and_kept(database: Settings, tmp_path: Path) -> None:
    environ = {"GEMEL_DATABASE_URI": database.database}
    body = b'{"id":200,"name":"Baroque"}'
    with serving(tmp_path, **environ) as (running, address):
        port = int(address.rpartition(":")[2])
        with closing(socket.create_connection(("127.0.0.1", port), 30)) as sock:
            sock.sendall(
                b"POST /rest/v1/genre HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            assert sock.recv(1000).startswith(b"HTTP/1.1 100")  # the service waits for the body
            running.send(signal.SIGINT)
            wait_until_closed(port)
            sock.sendall(body)
            answer = b"".join(iter(lambda: sock.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.1 201")
        assert running.end() == 0
    assert "Traceback" not in running.err
    with serving(tmp_path, **environ) as (running, address):
        assert httpx.get(f"{address}/rest/v1/genre?id=eq.200&select=name").json() == [{"name": "Baroque"}]


def test_a_second_instance_is_told_that_the_port_is_in_use(tmp_path: Path) -> None:
    with serving(tmp_path) as (running, address):
        port = address.rpartition(":")[2]
        with program([MAIN], tmp_path, GEMEL_PORT=port) as second:
            assert second.end() == 1
        assert second.err == (
            f"port: port {port} of 127.0.0.1 is in use by another program: stop it, or choose another (GEMEL_PORT=…)\n"
        )
        assert httpx.get(f"{address}/readyz").status_code == 200
        stopped(running)


def test_paths_of_the_one_port(tmp_path: Path) -> None:
    with serving(tmp_path) as (running, address):
        assert httpx.get(address).json()["links"]["graphql"] == "/graphql"
        page = httpx.get(address, headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-security-policy"] == "frame-ancestors 'none'"
        assert httpx.post(address).status_code == 405
        for path in ("/graphql", "/docs"):  # pages for browsers, and what they load
            page = httpx.get(address + path, headers={"accept": "text/html"})
            assert page.headers["content-type"].startswith("text/html")
            for link in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
                assert httpx.get(address + link).status_code == 200, link
        for link in re.findall(r"<http://127\.0\.0\.1:5000([^>]*)>", (ROOT / "README.md").read_text(encoding="utf-8")):
            assert httpx.get(address + link).status_code == 200, link
        for path in ("/nothing", "/graphqlx", "/rest/v1x", "/rest", "/readyz/"):
            assert httpx.get(address + path).status_code == 404
        for path in ("/livez", "/readyz", "/metrics"):
            assert httpx.get(address + path).status_code == 200
            for headers in ({"host": "shop.example"}, {"x-forwarded-for": "10.0.0.1"}, {"forwarded": "for=10.0.0.1"}):
                assert httpx.get(address + path, headers=headers).status_code == 404
        stopped(running)


def test_a_page_of_another_origin_is_nobody(tmp_path: Path) -> None:
    with serving(tmp_path) as (running, address):
        headers = {"origin": "https://evil.example"}
        answer = httpx.get(f"{address}/rest/v1/artist", headers=headers)
        assert answer.status_code in {401, 403}
        assert answer.headers["access-control-allow-origin"] == "*"  # so that the page may read why
        refused = httpx.post(f"{address}/graphql", json=TRACKS, headers=headers).json()
        assert "data" not in refused
        assert "errors" in refused
        stopped(running)
