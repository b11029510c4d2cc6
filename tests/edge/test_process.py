"""A service as a program: how it starts, what its ports answer, how it ends."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from gemel.edge.service import Service, arguments
from gemel.settings import Settings, load
from processes import Program, free_port, program, wait_until_closed, wait_until_ready

START = (
    "import sys; from gemel.edge.service import Service, main;"
    "sys.exit(main(Service('rest', 'edge.tiny', 8002, 8082), sys.argv[1:]))"
)


@contextmanager
def service(settings: Settings, folder: Path, *options: str, **environ: str) -> Iterator[Program]:
    """The tiny service."""
    own = {"GEMEL_DATABASE_URI": settings.database, "GEMEL_PORT": str(free_port()), **environ}
    with program(["-c", START, *options], folder, **own) as running:
        yield running


def listening(running: Program) -> tuple[str, str]:
    """Addresses of the port and the admin port."""
    line = json.loads(running.wait_for(r'.*"event":"listening".*')[0])
    return f"http://127.0.0.1:{line['port']}", f"http://127.0.0.1:{line['admin_port'] or line['port']}"


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@contextmanager
def half_sent(address: str) -> Iterator[socket.socket]:
    """A connection with a request whose body has not all come."""
    with closing(socket.create_connection(("127.0.0.1", port_of(address)), 30)) as sock:
        sock.sendall(b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 100")  # the app waits for the body
        sock.sendall(b"bo")
        yield sock


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"GEMEL_PORT": "many"}, r"port \(environment variable GEMEL_PORT\): .*integer"),
        ({"GEMEL_APP": "no_such_app"}, r"there is no module 'no_such_app'"),
        (
            {"GEMEL_HOST": "192.0.2.1", "GEMEL_ADMIN_SECRET": "x" * 20},
            r"host: 192\.0\.2\.1 is no address of this machine",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_message(tmp_path: Path, environ: dict[str, str], told: str) -> None:
    with program(["-c", START], tmp_path, GEMEL_ADMIN_PORT=str(free_port()), **environ) as running:
        assert running.end() == 1
    assert re.match(told, running.err)
    assert "Traceback" not in running.err
    assert not {word for word in environ.values() if len(word) == 20 and word in running.err}


@pytest.mark.parametrize("key", ["port", "admin_port"])
def test_a_port_that_is_in_use(tmp_path: Path, key: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        environ = {"GEMEL_PORT": str(free_port()), "GEMEL_ADMIN_PORT": "0", f"GEMEL_{key.upper()}": str(port)}
        with program(["-c", START, "--workers", "2"], tmp_path, **environ) as running:
            assert running.end() == 1
    assert running.err == (
        f"{key}: port {port} of 127.0.0.1 is in use by another program: stop it,"
        f" or choose another (GEMEL_{key.upper()}=…)\n"
    )


@pytest.mark.parametrize("workers", ["0", "-1", "many", "1000", ""])
def test_a_wrong_number_of_workers(workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        arguments(Service("rest", "edge.tiny", 8002, 8082), ["--workers", workers])
    assert refused.value.code == 2
    assert "--workers" in capsys.readouterr().err


def test_ports_of_a_service_are_its_own_where_nobody_set_them() -> None:
    defaults = {"port": 8002, "admin_port": 8082}
    assert load({}, defaults=defaults).port == 8002
    assert load({"GEMEL_PORT": "5000"}, defaults=defaults).port == 5000
    assert load({"GEMEL_ADMIN_PORT": "0"}, defaults=defaults).admin_port == 0
    assert load({}).port == 5000


def test_health_is_on_the_admin_port_alone(chinook_read: Settings, tmp_path: Path) -> None:
    with service(chinook_read, tmp_path, GEMEL_ADMIN_PORT=str(free_port())) as running:
        main, admin = listening(running)
        wait_until_ready(admin)
        assert httpx.get(f"{main}/metrics").text == "done"
        assert httpx.get(f"{admin}/livez").json() == {"live": True}
        assert httpx.get(f"{admin}/body").status_code == 404
        assert 'gemel_http_requests_total{method="GET",route="table",service="rest",status="200"} 1.0' in (
            httpx.get(f"{admin}/metrics").text
        )
        assert httpx.get(main).headers["server"] == "gemel"
        assert running.stop() == 0
    assert "Traceback" not in running.err


def test_health_on_the_main_port_is_for_this_machine_only(sqlite_template: Settings, tmp_path: Path) -> None:
    with service(sqlite_template, tmp_path, GEMEL_ADMIN_PORT="0") as running:
        main, _ = listening(running)
        wait_until_ready(main)
        for headers in ({"host": "shop.example"}, {"x-forwarded-for": "10.0.0.1"}):
            assert httpx.get(f"{main}/readyz", headers=headers).text == "done"
        assert running.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_finished_before_the_end(
    sqlite_template: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    with service(sqlite_template, tmp_path, GEMEL_ADMIN_PORT="0") as running:
        main, _ = listening(running)
        with half_sent(main) as sock:
            running.send(number)
            wait_until_closed(port_of(main))
            sock.sendall(b"dy")
            answer = b"".join(iter(lambda: sock.recv(1000), b""))
        assert answer.endswith(b"done")
        assert running.end() == 0
    assert "Traceback" not in running.err


def test_a_second_signal_ends_it_at_once(sqlite_template: Settings, tmp_path: Path) -> None:
    with service(sqlite_template, tmp_path, GEMEL_ADMIN_PORT="0") as running:
        main, _ = listening(running)
        with half_sent(main):
            running.send(signal.SIGINT)
            wait_until_closed(port_of(main))
            assert running.process.poll() is None
            assert running.stop(signal.SIGINT) == 130
    assert "Traceback" not in running.err


def test_several_workers_answer_and_their_counts_are_added_up(sqlite_template: Settings, tmp_path: Path) -> None:
    with service(sqlite_template, tmp_path, "--workers", "2", GEMEL_ADMIN_PORT=str(free_port())) as running:
        main, admin = listening(running)
        wait_until_ready(admin)
        processes: set[str] = set()
        asked = 0
        while len(processes) < 2:
            processes.add(httpx.get(main).headers["x-process"])
            asked += 1
        line = 'gemel_http_requests_total{method="GET",route="table",service="rest",status="200"}'
        for _ in range(4):
            assert f"{line} {float(asked)}" in httpx.get(f"{admin}/metrics").text
        assert running.stop() == 0
    assert "Traceback" not in running.err


def test_a_misspelt_variable_is_warned_of(sqlite_template: Settings, tmp_path: Path) -> None:
    with service(sqlite_template, tmp_path, GEMEL_ADMIN_PORT="0", GEMEL_POOLSIZE="5") as running:
        listening(running)
        assert running.stop() == 0
    warnings = [json.loads(line) for line in running.err.splitlines() if "unknown setting" in line]
    assert [line["variable"] for line in warnings] == ["GEMEL_POOLSIZE"]
