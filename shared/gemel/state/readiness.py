"""Whether a database stands at a migration that this code can serve (docs/decisions.md, 30). No input or output."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemel.state.tables import table_name


@dataclass(frozen=True)
class Revision:
    """One applied revision of the app."""

    revision: str
    compatible_from: str | None
    """Oldest revision whose code still works on the database after this one; ``None``: only its own."""


def compatible(head: str | None, rows: Sequence[Revision]) -> bool:
    """Whether code written for revision ``head`` can serve a database with these applied revisions.

    :param head: revision the code was written for; ``None`` if the app has no migrations.
    :param rows: the applied revisions in the order of their application.
    :returns: true if the last revision is ``head``, or if every later one says that it is compatible with ``head``
        or with something before it.
    """
    if head is None:
        return True
    position = {row.revision: index for index, row in enumerate(rows)}
    if head not in position:
        return False
    own = position[head]
    return all(position.get(row.compatible_from or row.revision, len(rows)) <= own for row in rows[own + 1 :])


def revisions_query(*, postgresql: bool, state: bool = True) -> str:
    """SQL text that reads the columns of :class:`Revision`, in the order of application; it has no parameters.

    :param state: as the setting: without Gemel's own tables only Alembic's version table is there, which holds the
        current revision alone.
    """
    if not state:
        return "SELECT version_num AS revision, NULL AS compatible_from FROM alembic_version"
    schema, name = table_name("revision", postgresql=postgresql)
    table = f"{schema}.{name}" if schema else name
    return f"SELECT revision, compatible_from FROM {table} ORDER BY applied_at, revision"  # noqa: S608 - our own names
