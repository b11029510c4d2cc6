"""Errors of SQLAlchemy as ours."""

from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import DBAPIError

from gemel.errors import GemelError

Explain = Callable[[BaseException], GemelError | None]
"""What an error of a driver says in our words; ``None`` of what is no refusal of the database."""


class Explained:
    """A block in which what the database refuses is raised as ours."""

    def __init__(self, explain: Explain) -> None:
        self._explain = explain

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        """End.

        :raises DatabaseError, Unsupported: the database refused.
        """
        known = self._explain(error) if isinstance(error, DBAPIError | TimeoutError) else None
        if known is not None:
            raise known from error
