"""Names of backups: the time, to be read and sorted, and chance, so that two of one second differ."""

import re
import secrets
from datetime import UTC, datetime

PATTERN = re.compile(r"(\d{8}-\d{6})-[0-9a-f]{6}")
SCRATCH_PREFIX = "gemel_scratch_"


def new_id(now: datetime) -> str:
    """Such as ``20260131-030000-4f9c1e``, in UTC; text order is the order of time."""
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def is_id(text: str) -> bool:
    """Whether a backup may be called so; what is none can name no path outside the store."""
    if PATTERN.fullmatch(text) is None:
        return False
    try:
        id_time(text)
    except ValueError:
        return False
    return True


def id_time(backup_id: str) -> datetime:
    """When a backup of this id was begun. :raises ValueError: it is no id."""
    return datetime.strptime(backup_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def scratch_name(now: datetime) -> str:
    """Name of a database that exists for one proof."""
    return SCRATCH_PREFIX + new_id(now).replace("-", "_")


def scratch_time(name: str) -> datetime | None:
    """When a scratch database was made, by its name; ``None`` if it is none of ours."""
    match = PATTERN.fullmatch(name.removeprefix(SCRATCH_PREFIX).replace("_", "-"))
    if match is None or not name.startswith(SCRATCH_PREFIX):
        return None
    try:
        return id_time(match[1])
    except ValueError:
        return None
