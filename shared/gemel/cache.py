"""Caches that are bounded in entries and in bytes: what callers make up may fill no process (``docs/limits.md``)."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from threading import Lock
from typing import Final, Generic, TypeVar

from gemel.apart import give_way

OBJECT: Final = 80
"""Bytes of a frozen object, about."""
REFERENCE: Final = 8

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Entries by key; the least recently used one goes first."""

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
            gone = self._make_room()
        del gone  # freed when others may go on

    def grow(self, key: K, size: int) -> None:
        """An entry, if it is still there, takes so many bytes more."""
        with self._one:
            found = self._items.get(key)
            if found is None:
                return
            self._items[key] = (found[0], found[1] + size)
            self._bytes += size
            gone = self._make_room()
        del gone

    def clear(self) -> None:
        """Forget all."""
        with self._one:
            self._items.clear()
            self._bytes = 0

    def _make_room(self) -> list[V]:
        gone = []
        while len(self._items) > self._most_entries or self._bytes > self._most_bytes:
            _, (value, size) = self._items.popitem(last=False)
            self._bytes -= size
            gone.append(value)
        return gone


def weight(item: object) -> int:
    """Bytes that a tree of frozen dataclasses, tuples and texts takes, about."""
    total, left = 0, [item]
    while left:
        give_way()
        one = left.pop()
        total += OBJECT
        if isinstance(one, str | bytes):
            total += len(one)
        elif isinstance(one, tuple):
            total += REFERENCE * len(one)
            left += one
        else:
            left += [getattr(one, name) for name in _members(type(one))]  # type: ignore[arg-type]
    return total


@cache
def _members(type_: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(type_)) if is_dataclass(type_) else ()
