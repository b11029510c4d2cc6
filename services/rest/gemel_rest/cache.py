"""A cache that is bounded in entries and in bytes; the least recently used entry goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = tuple[str | bytes | None, ...]
"""Role, method, path, query, and the headers that have a say in it."""
ENTRIES = 4096
BYTES = 16 * 1024 * 1024
"""Size of a cache of requests, counted by their texts."""
OVERHEAD = 2048
"""Bytes that what is kept of a request takes beside the texts of its key, about."""


def key_size(key: Key) -> int:
    """Bytes of an entry of the key, about."""
    return OVERHEAD + sum(len(part) for part in key if part is not None)


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Entries by key."""

    def __init__(self, entries: int, size: int) -> None:
        """
        :param entries: most entries.
        :param size: most bytes of all entries, as told by who puts them in.
        """
        self._most_entries = entries
        self._most_bytes = size
        self._bytes = 0
        self._items: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._one = Lock()
        """Large requests are made ready in threads."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return self._bytes

    def get(self, key: K) -> V | None:
        """The entry, if there is one."""
        with self._one:
            found = self._items.get(key)
            if found is None:
                return None
            self._items.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep an entry of ``size`` bytes, unless it alone is more than a sixteenth of all there is room for."""
        if size > self._most_bytes // 16:
            return
        with self._one:
            old = self._items.pop(key, None)
            self._items[key] = (value, size)
            self._bytes += size - (old[1] if old is not None else 0)
            while len(self._items) > self._most_entries or self._bytes > self._most_bytes:
                _, (_, gone) = self._items.popitem(last=False)
                self._bytes -= gone
