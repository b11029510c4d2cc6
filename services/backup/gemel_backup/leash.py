"""Runs a command and ends with it; kills it, and all that it started, as soon as standard input is closed.

Standard input is a pipe from the process that started this one. The operating system closes it when that process
dies, even by ``kill -9``: so no dump or restore outlives its service. Each byte that comes in stops the command (``-``)
or lets it go on (``+``). Run as a file, in a session of its own; the command and its children have a process group of
their own in it, for what stops them must not stop the leash. It imports nothing of Gemel, to start fast.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

NICENESS = 10
"""Where processors are short, services on the same machine go first."""
SIGNALS = {b"-": signal.SIGSTOP, b"+": signal.SIGCONT}


def _obey(group: int) -> None:
    while byte := os.read(0, 1):
        _send(group, SIGNALS[byte])
    _send(group, signal.SIGKILL)
    os._exit(128 + signal.SIGKILL)


def _send(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # all of it has ended by itself
        os.killpg(group, number)


def main() -> int:
    """Exit status of the command; 128 and its number for a signal, as shells say it."""
    os.nice(NICENESS)
    command = sys.argv[1:]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0) as child:  # noqa: S603 - our caller's
        threading.Thread(target=_obey, args=(child.pid,), daemon=True).start()
        status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
