"""A mutation that is done once, however often it is asked for: its answer is kept in the same transaction.

What the ``Idempotency-Key`` header is for (draft-ietf-httpapi-idempotency-key-header; ``docs/dialects/rest.md``
section 33).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from gemel.errors import Reused
from gemel.execute.database import Script
from gemel.state.idempotency import expiry, idempotency_statements
from gemel.state.tables import moment

Result = TypeVar("Result")


@dataclass(frozen=True)
class Once:
    """What makes two requests the same."""

    key: str
    """Of who asks, for what, and the client's own key."""
    request: str
    """Digest of all that was sent: the same key with another request is a mistake."""


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    replayed: bool = False
    """It was given before."""


def once(
    asked: Once, now: datetime, work: Script[Result], reply: Callable[[Result], Reply], *, postgresql: bool
) -> Script[Reply]:
    """Do the work, or give the answer that it had. A request that is under way with the same key is waited for.

    :raises Reused: the key was used for another request.
    """
    statements = idempotency_statements(postgresql=postgresql)
    at = (expiry(now, postgresql=postgresql), moment(now, postgresql=postgresql))
    if (yield (statements.claim, (asked.key, asked.request, *at))):
        yield (statements.forget, (at[1],))
        made = reply((yield from work))
        yield (statements.keep, (asked.key, made.status, json.dumps(made.headers), made.body))
        return made
    [(request, status, headers, body)] = yield (statements.find, (asked.key,))
    if request != asked.request:
        raise Reused
    return Reply(status, tuple((name, value) for name, value in json.loads(headers)), body, replayed=True)
