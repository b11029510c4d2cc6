"""Beat is alive if it has sent a tick of late: ``python -m gemel_backup.heartbeat`` ends with 0 if so, else with 1."""

import sys
import time
from pathlib import Path

from gemel.errors import GemelError
from gemel.settings import Settings, load

STALE_SECONDS = 60.0


def heartbeat_path(settings: Settings) -> Path:
    """The file that beat touches whenever the broker has taken a tick."""
    return settings.data_dir / "beat.heartbeat"


def touch(path: Path) -> None:
    """Say that beat is alive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def complaint(path: Path, now: float) -> str | None:
    """What is wrong; ``None`` if beat is alive.

    :param now: seconds since 1970.
    """
    try:
        age = now - path.stat().st_mtime
    except OSError:
        return f"{path} is not there: beat has sent no tick yet"
    return f"beat has sent no tick for {age:.0f} seconds" if age > STALE_SECONDS else None


def main() -> int:
    """Exit status for a health check."""
    try:
        text = complaint(heartbeat_path(load()), time.time())
    except GemelError as error:
        text = error.message
    if text:
        sys.stderr.write(f"{text}\n")
    return 1 if text else 0


if __name__ == "__main__":
    sys.exit(main())
