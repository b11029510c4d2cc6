"""What own resolvers find in ``info.context``."""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from gemel.auth import Actor
from gemel.policy import Access, visible

Model = TypeVar("Model")


@dataclass(frozen=True)
class Context:
    """Of one operation. All its resolvers share the session, which is trusted: no policy filters what it reads."""

    actor: Actor
    """Who asks."""
    session: AsyncSession
    """Takes a connection when it is first used; committed when all resolvers have ended without an error."""
    access: Access
    """What its role may do."""

    def visible(self, model: type[Model]) -> "Select[Model]":
        """A select of the rows that who asks may read.

        :raises Denied: none of that class.
        :raises MissingVariable: a policy needs a claim that is not there.
        """
        return visible(self.access, self.actor.claims, model)
