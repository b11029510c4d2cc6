"""Three-valued logic (SQL:2016 6.39): true, false, and ``None`` for unknown."""

from collections.abc import Iterable
from typing import TypeAlias

Truth: TypeAlias = bool | None


def conjunction(items: Iterable[Truth]) -> Truth:
    """False if any is false, else unknown if any is unknown, else true."""
    found = list(items)
    if any(item is False for item in found):
        return False
    if any(item is None for item in found):
        return None
    return True


def disjunction(items: Iterable[Truth]) -> Truth:
    """True if any is true, else unknown if any is unknown, else false."""
    found = list(items)
    if any(item is True for item in found):
        return True
    if any(item is None for item in found):
        return None
    return False


def negation(item: Truth) -> Truth:
    """Unknown stays unknown."""
    return None if item is None else not item
