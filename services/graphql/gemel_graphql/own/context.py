"""What own resolvers find in ``info.context``."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gemel.auth import Actor


@dataclass(frozen=True)
class Context:
    """Of one operation. All its resolvers share the session, which is trusted: no policy filters what it reads."""

    actor: Actor
    """Who asks."""
    session: AsyncSession
    """Takes a connection when it is first used; committed when all resolvers have ended without an error."""
