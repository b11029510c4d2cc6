"""The one who asks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gemel.errors import AccessError

ADMIN: Final = "admin"
ROLE: Final = "x-hasura-role"
VARIABLE: Final = "x-hasura-"
USER: Final = ("x-hasura-user-id", "user-id", "sub")
"""Claims that tell those of one role apart; the first one that is there."""
BACKEND: Final = "x-hasura-use-backend-only-permissions"
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
    backend: bool = False
    """A program that has the admin secret, or needs none, asks for what the role may do through such alone."""

    @property
    def access(self) -> str:
        """By which what it may do is found: its role, or that of backends."""
        return backend_of(self.role) if self.backend else self.role

    @property
    def user(self) -> str | None:
        """Which of those that have the role, if a claim tells it."""
        return next((self.claims[name] for name in USER if name in self.claims), None)

    @classmethod
    def of(cls, role: str, claims: Mapping[str, str], until: float = math.inf, *, backend: bool = False) -> "Actor":
        """An actor whose variables tell its role.

        :raises AccessError: no role can be called so.
        """
        if "\0" in role:
            raise AccessError("role-not-allowed", "a role's name holds no NUL")
        return cls(role, MappingProxyType({**claims, ROLE: role}), until, backend)


def backend_of(role: str) -> str:
    """By which is found what a role may do through backends; no role is called so."""
    return f"{role}\0backend"


def role_of(access: str) -> str:
    """The role whose ``Actor.access`` it is."""
    return access.partition("\0")[0]


NOBODY: Final = Actor("", MappingProxyType({}))
"""Nobody in particular: of whom nothing is known."""
