"""What the engine asks of a database, whichever it is."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

from gemel.apart import apart
from gemel.errors import DatabaseError, GemelError, Unsupported
from gemel.sql import Backend, Statement

Row = Sequence[Any]
Result = TypeVar("Result")
Script = Generator[tuple[str, Sequence[object]], Sequence[Row], Result]
"""Work in a transaction, without input and output of its own: yields (SQL text, parameters), is sent the rows, and
returns what came of it. A refusal of the database is thrown into it."""


ATTEMPTS = 5
"""Of a transaction that others got in the way of."""
REPEATED = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the transaction was undone, and may well succeed next time."""
OF_OTHERS = REPEATED | {"55P03", "57014"}
"""With these: a lock that was not given, and a statement that took too long."""
PAUSE = 0.005
"""Seconds; about twice as long after each attempt."""
VALUES = frozenset({"22", "23"})
"""Classes of SQLSTATE that speak of values: wrong ones, and such that violate a constraint."""


def drive(run: Callable[[str, Sequence[object]], Sequence[Row]], script: Script[Result]) -> Result:
    """What a script returns whose statements are run one after the other.

    :param run: gives the rows of a statement, or raises ``DatabaseError``, which the script may handle.
    """
    try:
        text, parameters = next(script)
        while True:
            try:
                rows = run(text, parameters)
            except DatabaseError as error:
                text, parameters = script.throw(error)
            else:
                text, parameters = script.send(rows)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


async def bound(statement: Statement, values: Sequence[object]) -> list[object]:
    """Parameters of a statement; of long values they are made in a thread.

    :raises DatabaseError: as ``Statement.bind``.
    """
    longest = max((len(value) for value in values if isinstance(value, str | list | tuple)), default=0)
    return await apart(longest, statement.bind, values)


def no_connection() -> DatabaseError:
    """All connections were in use for too long."""
    return DatabaseError("53300", "Timed out acquiring connection from connection pool.")


async def repeated(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """What comes of a transaction that is run again if another one got in its way.

    :raises DatabaseError: it was refused for another reason, or too often.
    """
    for number in range(1, ATTEMPTS):
        try:
            return await attempt()
        except DatabaseError as error:
            if error.sqlstate not in REPEATED:
                raise
        await asyncio.sleep(random.uniform(0, PAUSE * 2**number))  # noqa: S311 - spreads those who collided
    return await attempt()


def for_clients(error: GemelError | None) -> DatabaseError | None:
    """What the database said to a statement of the app's own code, if a client can do something about it: it speaks of
    values that the app was given (SQLSTATE classes 22 and 23), or of what others or the clock did to the transaction.
    ``None`` for all else, which is a fault of the app."""
    if not isinstance(error, DatabaseError):
        return None
    return error if error.sqlstate[:2] in VALUES or error.sqlstate in OF_OTHERS else None


class Database(Protocol):
    """Connections to one database."""

    backend: Backend

    async def read(self, statement: Statement, values: Sequence[object], seconds: float | None = None) -> Row:
        """Run a statement that gives one row, in a snapshot of its own.

        :param seconds: that it may take, if fewer than ``statement_timeout``.
        :raises DatabaseError: the database refused, cannot be reached, or took longer.
        """

    async def write_one(self, statement: Statement, values: Sequence[object], seconds: float | None = None) -> Row:
        """Run a statement that writes and gives one row, as a transaction of its own; repeated as ``write`` is.

        :raises DatabaseError: as ``read``.
        """

    async def write(
        self, make: Callable[[], Script[Result]], *, keep: bool = True, seconds: float | None = None
    ) -> Result:
        """Run a script in one transaction: all of it, or nothing.

        A transaction that the database ended because of another one (SQLSTATE 40001, 40P01) is run again, ``ATTEMPTS``
        times in all.

        :param make: makes the script; it does nothing else, so that it may be run again.
        :param keep: otherwise check what would be checked at the end, and roll back.
        :param seconds: as of ``read``, of each statement.
        :raises DatabaseError: as ``read``.
        """

    def explain(self, error: BaseException) -> DatabaseError | Unsupported | None:
        """What an error of a session of SQLAlchemy says; ``None`` if it is not one of the driver."""

    async def fetch(self, text: str, parameters: Sequence[object] = ()) -> Sequence[Row]:
        """Rows of a statement of ours."""

    async def close(self) -> None:
        """Close all connections, waiting a moment for what is under way."""
