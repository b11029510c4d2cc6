"""Whether a connection pooler stands before PostgreSQL, and what it makes of prepared statements."""

from typing import Any
from uuid import uuid4

import structlog


async def keeps_names(connection: Any) -> bool:
    """Whether a statement that is prepared by name is found again in later transactions (docs/decisions.md, 12).

    A pooler tells another process than the one that runs a statement, for it may be another one each time. It can be
    asked for prepared statements if it gives them names of its own on its connections to the server, as PgBouncer does
    since 1.21 (``max_prepared_statements``).

    :param connection: of asyncpg, outside of a transaction.
    """
    if await connection.fetchval("SELECT pg_backend_pid()") == connection.get_server_pid():
        return True
    name = f"gemel_{uuid4().hex}"
    async with connection.transaction():  # all of it on one connection to the server
        statement = await connection.prepare("SELECT name FROM pg_prepared_statements", name=name)
        if all(row["name"] != name for row in await statement.fetch()):
            return True
        await connection.execute(f"DEALLOCATE {name}")
    structlog.get_logger("gemel").warning(
        "statements are not prepared",
        reason="the connection pooler does not know of them: PgBouncer does since 1.21, with max_prepared_statements",
    )
    return False
