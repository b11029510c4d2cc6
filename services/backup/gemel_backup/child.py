"""Other programs, run so that they die with us."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from gemel_backup.beside import beside
from gemel_backup.errors import BackupError
from gemel_backup.job import POLL_SECONDS, Job
from gemel_backup.pace import TURN, Pace

LEASH = Path(__file__).with_name("leash.py")
MOST_TEXT = 4000
MOST_READ = 1 << 20


class Child:
    """A running program."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
        self._name = name
        self._process = process
        self._errors = errors
        self._read = 0
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="gemel-child", daemon=True).start()

    def _watch(self) -> None:
        """``Popen.wait`` with a timeout looks again and again, and notices the end up to 50 ms late."""
        self._process.wait()
        self._ended.set()

    def wait(self, job: Job, seen: Callable[[str], None] | None = None) -> None:
        """Until it has ended well.

        :param seen: told what was written to stderr, line by line, as it comes.
        :raises BackupError: it failed (with what it wrote to stderr), or took longer than ``job.limit`` seconds.
        :raises Yielded: ``job.stop`` said so.
        """
        deadline = time.monotonic() + job.limit
        while not self._ended.wait(POLL_SECONDS):
            job.check()
            if seen is not None:
                self._tell(seen)
            if time.monotonic() >= deadline:
                raise BackupError(f"{self._name} was ended: it took longer than {job.limit:g} seconds")
        if seen is not None:
            self._tell(seen)
        if status := self._process.returncode:
            raise BackupError(f"{self._name} failed with exit status {status}: {self._text()}")

    def ends_within(self, seconds: float) -> bool:
        """Wait for so long; whether it has ended, well or not."""
        return self._ended.wait(seconds)

    def pause(self) -> None:
        """Stop it until it may go on, with all that it started."""
        self._say(b"-")

    def go_on(self) -> None:
        """After a pause."""
        self._say(b"+")

    def _say(self, byte: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - the leash's
        with suppress(BrokenPipeError):  # it has ended
            os.write(self._process.stdin.fileno(), byte)

    def check(self) -> None:
        """:raises BackupError: it has ended, though nobody asked it to."""
        if self._process.poll() is not None:
            raise BackupError(f"{self._name} has ended with exit status {self._process.returncode}: {self._text()}")

    def _tell(self, seen: Callable[[str], None]) -> None:
        """The program writes at the end of the file that this process reads at a place of its own."""
        new = os.pread(self._errors.fileno(), MOST_READ, self._read)
        whole, _, _ = new.rpartition(b"\n")
        if whole:
            self._read += len(whole) + 1
            for line in whole.decode("utf-8", "replace").splitlines():
                seen(line)

    def _text(self) -> str:
        """What went wrong, without what went well before."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        first = next((number for number, line in enumerate(lines) if ": error: " in line), 0)
        return "\n".join(lines[first:])[-MOST_TEXT:]


@contextmanager
def child(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Child]:
    """Start a program in a session of its own; when the block ends it is gone, with all that it started.

    :param command: the program and its arguments, among them no secret: every user of the machine can read them.
    :param environment: variables beside those of this process.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - program and arguments are ours
            [sys.executable, "-I", "-S", str(LEASH), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        with process:
            try:
                yield Child(Path(command[0]).name, process, errors)
            finally:
                assert process.stdin is not None  # noqa: S101 - a pipe
                process.stdin.close()  # whatever of it still runs is killed by the leash
                process.wait()


@contextmanager
def child_in_turns(command: Sequence[str], environment: Mapping[str, str], pace: Pace) -> Iterator[Child]:
    """As :func:`child`, but the program works in turns with others, from its start on."""
    if not pace.rests:
        with child(command, environment) as program:
            yield program
        return
    with ExitStack() as stack:
        with pace.turn():
            program = stack.enter_context(child(command, environment))
            if not program.ends_within(TURN):
                program.pause()
        stack.enter_context(beside(partial(_alternate, program, pace), "gemel-pace"))
        yield program


def _alternate(program: Child, pace: Pace, over: threading.Event) -> None:
    ended = False
    while not (ended or over.is_set()):
        with pace.turn():
            program.go_on()
            ended = program.ends_within(TURN)
            program.pause()
