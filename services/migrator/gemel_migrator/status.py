"""Where a database stands, and whether code, revisions, models and database agree."""

from dataclasses import dataclass

from alembic.script import Script
from sqlalchemy.exc import DBAPIError

from gemel.app import App
from gemel.settings import Settings
from gemel_migrator.connect import describe, explain, make_engine
from gemel_migrator.current import compatible_from
from gemel_migrator.drift import drift
from gemel_migrator.errors import MigrationError
from gemel_migrator.history import History, app_history


@dataclass(frozen=True)
class Status:
    """Where a database stands in the app's history."""

    current: str | None
    """Revision of the database; ``None`` before the first."""
    head: str | None
    """Last revision of the code."""
    pending: tuple[Script, ...]
    """Revisions to apply, in order."""


def status(settings: Settings, app: App) -> Status:
    """Read where the database stands; changes nothing.

    :raises MigrationError: it cannot be reached, or the revisions are inconsistent.
    """
    history = app_history(app)
    revisions = history.revisions()
    current = _current(settings, history)
    known = {script.revision for script in revisions}
    applied = history.ancestors(tuple(revision for revision in current if revision in known))
    pending = () if set(current) - known else tuple(item for item in revisions if item.revision not in applied)
    return Status(", ".join(current) or None, revisions[-1].revision if revisions else None, pending)


def check(settings: Settings, app: App) -> list[str]:
    """What does not agree, a line for each; empty if all is well.

    ``migrations/HEAD`` against the revisions, the revisions' ``compatible_from``, the database against the head, and,
    where it stands there, the tables of the database against the models.

    :raises MigrationError: the database cannot be reached, or the revisions are inconsistent.
    """
    history = app_history(app)
    found = _files(app, history)
    where = status(settings, app)
    if where.current != where.head:
        found.append(f"{describe(settings)} is at {where.current or 'base'}, the head is {where.head}: run `migrate`")
    else:
        found += drift(settings, app)
    return found


def _current(settings: Settings, history: History) -> tuple[str, ...]:
    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            return history.current(connection)
    except DBAPIError as error:
        raise MigrationError(f"{describe(settings)}: {explain(error)}") from error
    finally:
        engine.dispose()


def _files(app: App, history: History) -> list[str]:
    revisions = history.revisions()
    head = revisions[-1].revision if revisions else None
    found = []
    if app.head != head:
        found.append(
            f"{app.migrations / 'HEAD'} says {app.head or 'nothing'}, but the last revision is {head or 'none'}"
        )
    for script in revisions:
        oldest = compatible_from(script)
        if oldest is not None and oldest not in history.ancestors((script.revision,)):
            found.append(f"{script.path}: compatible_from = {oldest!r} is no revision before {script.revision}")
    return found
