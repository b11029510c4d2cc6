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
    return PATTERN.fullmatch(text) is not None


def scratch_name(now: datetime) -> str:
    """Name of a database that exists for one proof."""
    return SCRATCH_PREFIX + new_id(now).replace("-", "_")


def scratch_time(name: str) -> datetime | None:
    """When a scratch database was made, by its name; ``None`` if it is none of ours."""
    match = PATTERN.fullmatch(name.removeprefix(SCRATCH_PREFIX).replace("_", "-"))
    if match is None or not name.startswith(SCRATCH_PREFIX):
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
