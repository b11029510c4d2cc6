"""The table of contents of a dump: what ``pg_restore`` is to restore, and how far it is."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gemel_backup.clients import Client
from gemel_backup.errors import BackupError
from gemel_backup.job import Job

LIST_SECONDS: Final = 600.0
DATA: Final = " TABLE DATA "
NOT_IN_PART: Final = (" FK CONSTRAINT ", " MATERIALIZED VIEW DATA ", " BLOBS ", " BLOB ", " LARGE OBJECT ")
BEGUN: Final = ("processing item ", "creating ", "processing data for ", "executing ")
"""The first by several processes, the others by one."""


def write_list(client: Client, dump: Path, tables: Sequence[str], target: Path) -> int:
    """Write a list for ``--use-list``.

    :param tables: names as the evidence has them; empty for all.
    :return: how many entries it has.
    :raises BackupError: the dump cannot be read.
    """
    command = [str(client.path), "--list", str(dump)]
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL
        command, capture_output=True, text=True, timeout=LIST_SECONDS, check=False
    )
    if done.returncode:
        raise BackupError(f"pg_restore cannot read the dump: {done.stderr.strip()}")
    wanted = [f"{DATA}{' '.join(_parts(name))} " for name in tables]
    lines = [line for line in done.stdout.splitlines() if not tables or _is_wanted(line, wanted)]
    target.write_text("\n".join(lines) + "\n")
    return sum(bool(line) and not line.startswith(";") for line in lines)


def _is_wanted(line: str, wanted: Sequence[str]) -> bool:
    if DATA in line:
        return any(each in line for each in wanted)
    return not any(kind in line for kind in NOT_IN_PART)


def _parts(name: str) -> list[str]:
    """Schema and table, without the quotes of SQL; the list has spaces for line ends."""
    parts, rest = [], name
    while rest:
        if rest.startswith('"'):
            end = 1
            while rest[end] != '"' or rest[end : end + 2] == '""':
                end += 2 if rest[end] == '"' else 1
            parts.append(rest[1:end].replace('""', '"'))
            rest = rest[end + 2 :]
        else:
            part, _, rest = rest.partition(".")
            parts.append(part)
    return [part.replace("\n", " ").replace("\r", " ") for part in parts]


class Progress:
    """Counts what ``pg_restore --verbose`` tells."""

    def __init__(self, job: Job, total: int) -> None:
        self._job, self._total, self._done = job, total, 0

    def __call__(self, line: str) -> None:
        """A line of stderr."""
        if line.removeprefix("pg_restore: ").startswith(BEGUN):
            self._done = min(self._done + 1, self._total)
            self._job.report("restore", self._done, self._total)

    def end(self) -> None:
        """All went well; entries of the list that are empty were not told."""
        self._job.report("restore", self._total, self._total)
