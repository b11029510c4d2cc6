"""The one who asks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

ADMIN: Final = "admin"
ROLE: Final = "x-hasura-role"
VARIABLE: Final = "x-hasura-"
USER: Final = ("x-hasura-user-id", "user-id", "sub")
"""Claims that tell those of one role apart; the first one that is there."""
SECRETS: Final = ("x-hasura-admin-secret", "x-hasura-access-key")
"""Headers that may carry the admin secret; the second is the old name."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A role, and what is known of who bears it."""

    role: str
    """``admin`` sees and may do everything."""
    claims: Mapping[str, str]
    """Session variables by lower-case name, the resolved ``x-hasura-role`` among them; read-only."""

    until: float = math.inf
    """Unix time from which the proof is refused."""

    @property
    def user(self) -> str | None:
        """Which of those that have the role, if a claim tells it."""
        return next((self.claims[name] for name in USER if name in self.claims), None)

    @classmethod
    def of(cls, role: str, claims: Mapping[str, str], until: float = math.inf) -> "Actor":
        """An actor whose variables tell its role."""
        return cls(role, MappingProxyType({**claims, ROLE: role}), until)


NOBODY: Final = Actor("", MappingProxyType({}))
"""Nobody in particular: of whom nothing is known."""
