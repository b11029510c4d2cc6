"""What is read of Gemel's own tables while it serves."""

import math
from collections.abc import Sequence
from typing import Any

from gemel.auth import ApiKey
from gemel.auth.api_key import read_claims
from gemel.execute import Database
from gemel.settings import Settings
from gemel.state.api_keys import key_query, until
from gemel.state.backups import BACKUPS, SLOTS, as_objects, backups_query, slots_query
from gemel.state.readiness import revisions_query


class OwnTables:
    """Gemel's own tables in the database of the app."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database

    async def api_key(self, key: str) -> ApiKey | None:
        """An API key by its id."""
        if not self._settings.state:
            return None
        rows = await self._database.fetch(key_query(postgresql=self._settings.is_postgresql), (key,))
        if not rows:
            return None
        name, hashed, role, claims, *_ = rows[0]
        ends = until(rows[0])
        return ApiKey(name, hashed, role, read_claims(claims), math.inf if ends is None else ends)

    async def backups(self) -> dict[str, list[dict[str, Any]]]:
        """``backups`` and ``slots``, as far as Gemel's own tables tell of them, the newest first."""
        postgresql = self._settings.is_postgresql
        return {
            "backups": as_objects(BACKUPS, await self._database.fetch(backups_query(postgresql=postgresql))),
            "slots": as_objects(SLOTS, await self._database.fetch(slots_query(postgresql=postgresql))),
        }

    async def applied(self) -> Sequence[tuple[str, str | None]]:
        """(revision, compatible_from) of the applied revisions of the app, oldest first, for readiness."""
        query = revisions_query(postgresql=self._settings.is_postgresql, state=self._settings.state)
        return [(row[0], row[1]) for row in await self._database.fetch(query)]
