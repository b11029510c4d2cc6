"""What a request that was sent before is found by, and how much room it takes."""

from typing import Final

Key = tuple[str | bytes | None, ...]
"""Role, method, path, query, and the headers that have a say in it."""
ENTRIES: Final = 4096
READ_BYTES: Final = 24 << 20
WRITE_BYTES: Final = 12 << 20
OVERHEAD: Final = 2048
CHARACTER: Final = 10
"""Bytes that what is kept of a request takes for each byte of its key, about, beside what is prepared."""


def key_size(key: Key) -> int:
    """Bytes of an entry of the key, about."""
    return OVERHEAD + CHARACTER * sum(len(part) for part in key if part is not None)
