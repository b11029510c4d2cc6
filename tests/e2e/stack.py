"""The compose stack under a name of its own, on ports that were free, with secrets of its own."""

import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
BUILT = ("graphql", "rest", "migrator", "backup", "pitr")


TABLES = "select table_name from information_schema.tables where table_schema = 'public' order by 1"
CONTENT = "select count(*), md5(string_agg(t::text, E'\\n' order by t::text)) from public.{} as t"


class StackError(Exception):
    """The stack could not be brought to where the tests need it."""


@dataclass(frozen=True)
class Stack:
    """A running stack."""

    project: str
    environment: Path
    """Its ``docker.env``."""
    values: dict[str, str]
    """What is in it."""

    def compose(self, *arguments: str, timeout: float = 120) -> str:
        """Run ``docker compose``; what it printed.

        :raises StackError: it ended with another code than 0; with all it printed.
        """
        command = ["docker", "compose", "-p", self.project, "--env-file", str(self.environment), *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
        if done.returncode:
            raise StackError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def run(self, service: str, *command: str, timeout: float = 120) -> str:
        """Run a command in the container of a service; what it printed."""
        return self.compose("exec", "-T", service, *command, timeout=timeout)

    def scripts(self, *arguments: str, timeout: float = 120) -> str:
        """Run an admin command, as ``docs/deployment.md`` says."""
        return self.run("worker", "python", "scripts.py", *arguments, timeout=timeout)

    def content(self, server: str, database: str) -> dict[str, str]:
        """Number of rows and a hash of them, of every table of the app."""
        tables = self.sql(TABLES, server=server, database=database).splitlines()
        return {name: self.sql(CONTENT.format(name), server=server, database=database) for name in tables}

    def scratch(self, database: str) -> str:
        """Address of a database of the scratch server."""
        return f"postgresql://app:{self.values['POSTGRES_PASSWORD']}@scratch:5432/{database}"

    def sql(self, text: str, *, server: str = "postgres", database: str = "gemel") -> str:
        """What a statement gives, as psql prints it, unadorned."""
        command = ("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "app", "-d", database, "-c", text)
        return self.run(server, *command).strip()

    def found(self, query: str, *, limit: float) -> str:
        """What a query gives, as soon as it gives something.

        :raises StackError: nothing in ``limit`` seconds; with all backups, all slots and the logs.
        """
        until = time.monotonic() + limit
        while not (found := self.sql(query)):
            if time.monotonic() > until:
                shown = self.sql("select id, kind, status, error from gemel.backup; select * from gemel.slot")
                raise StackError(f"nothing in {limit} s: {query}\n{shown}\n{self.logs()}")
            time.sleep(1)
        return found

    def containers(self) -> dict[str, dict[str, Any]]:
        """State of each service's container, ended ones too."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {item["Service"]: item for item in map(json.loads, lines)}

    @property
    def secret(self) -> str:
        """The admin secret."""
        return self.values["GEMEL_ADMIN_SECRET"]

    def client(self, *, admin: bool = True) -> httpx.Client:
        """An HTTP client of the gateway."""
        address = self.compose("port", "gateway", "80").strip()
        headers = {"x-hasura-admin-secret": self.secret} if admin else {}
        return httpx.Client(base_url=f"http://{address}", headers=headers, timeout=30)

    def up(self, *, timeout: float = 600) -> None:
        """The deployment command, then wait until all that runs is healthy.

        :raises StackError: it is not so after ``timeout`` seconds; with the state and the logs.
        """
        until = time.monotonic() + timeout
        try:
            self.compose("up", "-d", "--build", timeout=timeout)
            while unwell := self._unwell():
                if time.monotonic() > until:
                    raise StackError(f"not healthy after {timeout} s: {unwell}")
                time.sleep(0.5)
        except StackError as error:
            raise StackError(f"{error}\n{self.logs()}") from None

    def _unwell(self) -> dict[str, str]:
        found = self.containers()
        return {
            name: item["Status"]
            for name, item in found.items()
            if not (ended_well(item) or item["Health"] == "healthy")
        }

    def logs(self) -> str:
        """The last lines of every container."""
        return self.compose("logs", "--no-color", "--tail", "80")

    def down(self, *options: str) -> None:
        """The deployment command."""
        self.compose("down", *options, timeout=180)


def example_with(target: Path, **values: str) -> dict[str, str]:
    """Write a ``docker.env`` as ``make docker.env`` does, with more keys; all that is in it."""
    command = [sys.executable, str(ROOT / "deploy/new_secrets.py"), str(ROOT / "docker.example.env"), str(target)]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    with target.open("a", encoding="utf-8") as file:
        file.writelines(f"{key}={value}\n" for key, value in values.items())
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", target.read_text(encoding="utf-8"), re.MULTILINE))


def ended_well(container: dict[str, Any]) -> bool:
    """Whether it ended by itself, with success."""
    return (container["State"], container["ExitCode"]) == ("exited", 0)


@contextmanager
def stack(folder: Path, **values: str) -> Iterator[Stack]:
    """Bring a stack up; whatever happens, nothing of it is left.

    :param folder: where its ``docker.env`` is written.
    :param values: keys of ``docker.env`` beside the secrets.
    """
    project = f"gemel-e2e-{secrets.token_hex(4)}"
    environment = folder / "docker.env"
    values = example_with(environment, HTTP_PORT="127.0.0.1:0", HTTPS_PORT="127.0.0.1:0", IMAGE_TAG=project, **values)
    made = Stack(project, environment, values)
    try:
        made.up()
        yield made
    finally:
        made.down("--volumes", "--remove-orphans", "--timeout", "5")
        images = [f"gemel-{name}:{project}" for name in BUILT]
        subprocess.run(["docker", "image", "rm", *images], capture_output=True, timeout=120, check=False)
