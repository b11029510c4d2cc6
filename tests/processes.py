"""Programs of ours as processes of their own, for tests of how they start and end."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
PATHS = ("shared", "services/graphql", "services/rest", "services/migrator", "services/backup", "cli", "tests")
FOLDERS = os.pathsep.join(str(ROOT / path) for path in PATHS)
CACHE = ROOT / ".pytest_cache" / "pycache"
"""Bytecode of the programs, kept also where the environment says that none is to be written: a start takes a third."""
PATIENCE = 60.0
"""Seconds after which a test gives up; nothing here is expected to take them."""


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Program:
    """A running program, and what it has written so far."""

    def __init__(self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GEMEL_")}
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", *arguments],
            cwd=folder,
            env={**own, "PYTHONPYCACHEPREFIX": str(CACHE), "PYTHONPATH": FOLDERS, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._written = {"out": "", "err": ""}
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("out", self.process.stdout), ("err", self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            with self._changed:
                self._written[name] += line
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def out(self) -> str:
        """What stands on stdout."""
        return self._written["out"]

    @property
    def err(self) -> str:
        """What stands on stderr."""
        return self._written["err"]

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until a text stands on one of its streams."""

        def found() -> re.Match[str] | None:
            return re.search(pattern, self.out) or re.search(pattern, self.err)

        ends = time.monotonic() + PATIENCE
        with self._changed:
            while not found() and self.process.poll() is None and time.monotonic() < ends:
                self._changed.wait(0.1)
        if self.process.poll() is not None:
            self.end()  # what it wrote last may still be on its way
        match = found()
        assert match is not None, f"{pattern!r} was not written; stdout: {self.out!r} stderr: {self.err!r}"
        return match

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait for its end, and for the last that it writes; the exit status."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end; the exit status."""
        self.send(number)
        return self.end()


@contextmanager
def program(arguments: Sequence[str], folder: Path, **environ: str) -> Iterator[Program]:
    """A program that is gone, with all that it started, at the end of the block.

    :param environ: added to the environment, from which all settings are taken out.
    """
    running = Program(arguments, folder, environ)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)  # its own session: nothing else is in it
        running.end()
        for stream in (running.process.stdout, running.process.stderr):
            if stream is not None:
                stream.close()


def wait_until_ready(address: str) -> None:
    """Wait until ``/readyz`` of the address says so."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"{address} was not ready within {PATIENCE:g} seconds")


def wait_until_closed(port: int) -> None:
    """Wait until nobody listens on the port any more."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError(f"port {port} was still open after {PATIENCE:g} seconds")
