"""What the engine asks of a database, whichever it is."""

from collections.abc import Generator, Sequence
from typing import Any, Protocol, TypeVar

from gemel.sql import Backend, Statement

Row = Sequence[Any]
Result = TypeVar("Result")
Script = Generator[tuple[str, Sequence[object]], Sequence[Row], Result]
"""Work in a transaction, without input and output of its own: yields (SQL text, parameters), is sent the rows, and
returns what came of it. A refusal of the database is thrown into it."""


class Database(Protocol):
    """Connections to one database."""

    backend: Backend

    async def read(self, statement: Statement, values: Sequence[object]) -> Row:
        """Run a statement that gives one row, in a snapshot of its own.

        :raises DatabaseError: the database refused, cannot be reached, or took longer than ``statement_timeout``.
        """

    async def write(self, script: Script[Result]) -> Result:
        """Run a script in one transaction: all of it, or nothing.

        :raises DatabaseError: as ``read``.
        """

    async def fetch(self, text: str) -> Sequence[Row]:
        """Rows of a statement without parameters."""

    async def close(self) -> None:
        """Close all connections, waiting a moment for what is under way."""
