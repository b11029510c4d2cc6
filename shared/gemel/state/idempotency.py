"""Answers that are kept, so that a request which is sent twice is done once. No input or output."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gemel.state.tables import moment, table_name

FORGOTTEN = 10
"""Expired answers that are deleted when one is added."""
KEPT = timedelta(days=1)
"""How long an answer is kept."""


@dataclass(frozen=True)
class IdempotencyStatements:
    """SQL texts; times are given as ``moment`` writes them."""

    claim: str
    """Takes key, request, time of expiry and now; gives a row if the key is new, or its answer has expired. Waits for
    a transaction that holds the key."""
    find: str
    """Takes the key; gives request, status, headers and body."""
    keep: str
    """Takes key, status, headers and body."""
    forget: str
    """Takes now; gives nothing. Deletes a few that have expired, and leaves those alone that others are deleting."""


def idempotency_statements(*, postgresql: bool) -> IdempotencyStatements:
    """The statements of one kind of database."""
    schema, name = table_name("idempotency", postgresql=postgresql)
    table = f"{schema}.{name}" if schema else name

    def place(number: int) -> str:
        return f"${number}" if postgresql else f"?{number}"

    def time(number: int) -> str:
        return f"CAST(CAST(${number} AS text) AS timestamptz)" if postgresql else place(number)

    columns = "key, request, expires_at"
    return IdempotencyStatements(
        claim=(
            f"INSERT INTO {table} AS kept ({columns}) VALUES ({place(1)}, {place(2)}, {time(3)})"  # noqa: S608
            " ON CONFLICT (key) DO UPDATE SET request = excluded.request, expires_at = excluded.expires_at,"
            f" status = NULL, headers = NULL, body = NULL WHERE kept.expires_at < {time(4)} RETURNING key"
        ),
        find=f"SELECT request, status, headers, body FROM {table} WHERE key = {place(1)}",  # noqa: S608
        keep=(
            f"UPDATE {table} SET status = {place(2)}, headers = {place(3)}, body = {place(4)}"  # noqa: S608
            f" WHERE key = {place(1)}"
        ),
        forget=(
            f"DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE expires_at < {time(1)}"  # noqa: S608
            f" ORDER BY expires_at LIMIT {FORGOTTEN}{' FOR UPDATE SKIP LOCKED' if postgresql else ''})"
        ),
    )


def expiry(now: datetime, *, postgresql: bool) -> str:
    """Until when an answer is kept that is given now."""
    return moment(now + KEPT, postgresql=postgresql)
