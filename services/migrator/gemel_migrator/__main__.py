"""Entry point of the migrator container: wait for the database, migrate, end."""

import sys

from gemel.app import load_app
from gemel.errors import GemelError
from gemel.settings import load
from gemel_migrator.connect import wait_for_database
from gemel_migrator.run import migrate


def main() -> int:
    """Exit status: 0 when the database stands at the head of the code, else 1 with the reason on stderr."""
    try:
        settings = load()
        app = load_app(settings.app)
        wait_for_database(settings, report=_say)
        done = migrate(settings, app, report=_say)
    except GemelError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    _say(f"{app.name} is at {done.head}" if done.head else f"{app.name} has no migrations")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # a container's log is read while it waits


if __name__ == "__main__":
    sys.exit(main())
