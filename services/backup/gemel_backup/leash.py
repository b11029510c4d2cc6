"""Runs a command and ends with it; kills it, and all that it started, as soon as standard input is closed.

Standard input is a pipe from the process that started this one. The operating system closes it when that process
dies, even by ``kill -9``: so no dump or restore outlives its service. Run as a file, in a session of its own, so that
the process group is exactly the command and its children. It imports nothing of Gemel, to start fast.
"""

import os
import signal
import subprocess
import sys
import threading

NICENESS = 10
"""Where processors are short, services on the same machine go first."""


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)  # this process, too


def main() -> int:
    """Exit status of the command; 128 and its number for a signal, as shells say it."""
    os.nice(NICENESS)
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL) as child:  # noqa: S603 - the command is our caller's
        threading.Thread(target=_watch, daemon=True).start()
        status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
