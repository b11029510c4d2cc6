"""PostgreSQL's own row-level security holds, too: statements run as the database role of who asks (docs/policies.md).

As in PostgREST (https://docs.postgrest.org/en/v14/references/transactions.html): for the time of a transaction the role
is set, and ``request.jwt.claims`` holds what is known of who asks, as JSON.
"""

import json
from collections.abc import Sequence
from typing import Final, TypeVar

from gemel.auth import Actor
from gemel.auth.actor import ADMIN
from gemel.errors import DatabaseError
from gemel.execute.database import Row, Script
from gemel.sql import Statement

Result = TypeVar("Result")
ACT: Final = "SELECT set_config('request.jwt.claims', $1, true), set_config('role', $2, true)"
CEASE: Final = "SELECT set_config('role', 'none', true)"
NO_ROLE: Final = frozenset({"22023", "42501"})
"""SQLSTATEs of a role that is not there, or that the service may not take."""


def claims_of(actor: Actor) -> str:
    """What is known of an actor, as JSON; ``role`` is its role."""
    return json.dumps({**actor.claims, "role": actor.role})


def acts(actor: Actor) -> bool:
    """Whether an actor has a role in the database: the admin is who the service itself is."""
    return actor.role != ADMIN


def acting(actor: Actor, work: Script[Result]) -> Script[Result]:
    """The same work as the actor's database role; the rest of the transaction is done by the service itself.

    :raises DatabaseError: 0P000, there is no such role for the service to take.
    """
    if not acts(actor):
        yield (ACT, (claims_of(actor), "none"))
        return (yield from work)
    try:
        yield (ACT, (claims_of(actor), actor.role))
    except DatabaseError as error:
        if error.sqlstate not in NO_ROLE:
            raise
        raise DatabaseError(
            "0P000",
            f'the database has no role "{actor.role}" that the service may take',
            hint=f"CREATE ROLE {actor.role} NOLOGIN; GRANT {actor.role} TO the role that the service connects as.",
        ) from error
    done = yield from work
    yield (CEASE, ())
    return done


def asking(statement: Statement, values: Sequence[object]) -> Script[Row]:
    """A statement that gives one row."""
    rows = yield (statement.text, statement.bind(values))
    return rows[0]
