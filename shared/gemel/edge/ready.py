"""Whether an instance can do its work: the database answers, and stands at a migration that this code can serve."""

from gemel.errors import DatabaseError
from gemel.observe.health import Check
from gemel.serve import Engine
from gemel.state.readiness import Revision, compatible

UNDEFINED_TABLE = "42P01"


def database_check(engine: Engine) -> Check:
    """The check that ``/readyz`` runs (docs/decisions.md, 30)."""
    head = engine.app.head

    async def check() -> str | None:
        try:
            rows = [Revision(*row) for row in await engine.own_tables.applied()]
        except DatabaseError as error:
            if error.sqlstate == UNDEFINED_TABLE:
                return f"the database was never migrated, this code needs revision {head}"
            return f"the database does not answer (SQLSTATE {error.sqlstate})"
        if compatible(head, rows):
            return None
        stands = f"at revision {rows[-1].revision}" if rows else "before the first revision"
        return f"the database stands {stands}, this code needs {head}"

    return check
