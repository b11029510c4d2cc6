"""Who is measured: how each is started and what it is sent."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from bench.load import Load, run
from bench.peers import database
from bench.workloads import VARIANTS, Request, Workload
from processes import FOLDERS, PATIENCE, ROOT, free_port, wait_until_ready

HOST = "127.0.0.1"
SERVER_CORES = {0}
SECRET = "a secret of the benchmark alone"


@dataclass(frozen=True)
class Contender:
    """Somebody who answers the workloads."""

    name: str
    ask: Callable[[Workload, int], Request]
    shape: Callable[[Workload, Any], Any]
    """The rows of GraphQL out of its answer."""
    port: int
    headers: tuple[tuple[str, str], ...] = ()

    def can(self, workload: Workload) -> bool:
        """Whether its API can say it."""
        return self.name != "rest" or workload.rest is not None

    def request(self, workload: Workload, number: int) -> Request:
        """One request, with all headers."""
        made = self.ask(workload, number)
        return Request(made.method, made.path, made.body, (*made.headers, *self.headers))

    async def run(self, workload: Workload, connections: int, seconds: float) -> Load:
        """Measure."""
        requests = [self.request(workload, number).to_bytes(f"{HOST}:{self.port}") for number in range(VARIANTS)]
        return await run(HOST, self.port, requests, connections, seconds)

    def rows(self, workload: Workload, number: int) -> Any:
        """What it answers, to be compared with the others."""
        made = self.request(workload, number)
        asked = HttpRequest(f"http://{HOST}:{self.port}{made.path}", made.body or None, dict(made.headers))
        with urlopen(asked, timeout=30) as answer:
            return self.shape(workload, json.load(answer))


@dataclass(frozen=True)
class Database:
    """The database alone."""

    address: str
    name: str = "database"

    def can(self, _: Workload) -> bool:
        """The database can say everything."""
        return True

    async def run(self, workload: Workload, connections: int, seconds: float) -> Load:
        """Measure."""

        def value(number: int) -> object:
            found = next(iter(workload.variables(number).values()))
            return json.dumps(found) if isinstance(found, list | dict) else found

        return await database.run(self.address, workload.name, value, connections, seconds)


def _graphql(_: Workload, body: Any) -> Any:
    return next(iter(body["data"].values()))


def _rest(workload: Workload, body: Any) -> Any:
    return workload.rest_shape(body)


def _by_hand(workload: Workload, body: Any) -> Any:
    if workload.name == "W7":
        return {"returning": body}
    if workload.name == "W5":
        return [
            {key: value for key, value in row.items() if key != "invoices"}
            | {"invoices_aggregate": {"aggregate": {"count": row["invoices"]}}}
            for row in body
        ]
    return body


@contextmanager
def contenders(address: str, folder: Path) -> Iterator[list[Contender]]:
    """The services and their peer, each one process, on the first core where that can be said."""
    ports = {name: free_port() for name in ("graphql", "rest", "by_hand")}
    own = {"GEMEL_DATABASE_URI": address, "GEMEL_ADMIN_SECRET": SECRET, "BENCH_DATABASE": address}
    with ExitStack() as stack:
        for name in ("graphql", "rest"):
            admin = free_port()
            more = {"GEMEL_PORT": str(ports[name]), "GEMEL_ADMIN_PORT": str(admin)}
            stack.enter_context(_process(["-m", f"gemel_{name}"], folder, own | more))
            wait_until_ready(f"http://{HOST}:{admin}")
        stack.enter_context(_process(_uvicorn(ports["by_hand"]), folder, own))
        _wait_until_open(ports["by_hand"])
        secret = (("x-hasura-admin-secret", SECRET),)
        yield [
            Contender("graphql", Workload.ask_graphql, _graphql, ports["graphql"], secret),
            Contender("rest", Workload.ask_rest, _rest, ports["rest"], secret),
            Contender("by hand", Workload.ask_by_hand, _by_hand, ports["by_hand"]),
        ]


@contextmanager
def _process(arguments: list[str], folder: Path, environ: dict[str, str]) -> Iterator[None]:
    """A server whose output, the access log too, goes into a file: nobody has to read it while it is measured."""
    path = {"PYTHONPATH": os.pathsep.join([FOLDERS, str(ROOT)])}
    with (folder / f"{arguments[1]}.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env={**os.environ, **path, **environ}, stdout=log, stderr=log
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(running.pid, SERVER_CORES)
        try:
            yield
        finally:
            running.kill()
            running.wait()


def _wait_until_open(port: int) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        with suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


def _uvicorn(port: int) -> list[str]:
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    return ["-m", "uvicorn", "bench.peers.by_hand:app", *options]
