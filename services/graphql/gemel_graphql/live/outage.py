"""Which errors a subscription outlives."""

from typing import Final

from gemel.errors import DatabaseError

PASSING: Final = ("08", "53", "57P")
"""SQLSTATEs of what is over after a while: no connection, no room, a server that stops or starts."""


def is_passing(error: Exception) -> bool:
    """Whether what was asked is asked again, and nobody is told."""
    return isinstance(error, DatabaseError) and error.sqlstate.startswith(PASSING)
