"""Apply revisions, and take them back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.script import Script
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError, OperationalError

from gemel.app import App
from gemel.settings import Settings
from gemel.state.readiness import compatible
from gemel.state.tables import SCHEMA, state_tables
from gemel_migrator.connect import describe, explain, make_engine
from gemel_migrator.current import applied_revisions, reconcile, record
from gemel_migrator.errors import MigrationError
from gemel_migrator.history import History, app_history, state_history
from gemel_migrator.lock import exclusive

Report = Callable[[str], None]


@dataclass(frozen=True)
class MigrationReport:
    """What a migration did."""

    state: tuple[str, ...]
    """Revisions of Gemel's own tables that were applied now."""
    app: tuple[str, ...]
    """Revisions of the app that were applied now."""
    head: str | None
    """Head of the app's revisions."""


def migrate(settings: Settings, app: App, *, report: Report = lambda line: None) -> MigrationReport:
    """Bring the database to the head of the code: Gemel's own tables first, then the app's.

    Only one migrator at a time changes a database; each revision has its own transaction.

    :param report: called with one line for each revision applied, and for each reason to wait.
    :raises MigrationError: the database cannot be reached or is newer than the code, the lock was not had in
        ``settings.migrate_wait`` seconds, the revisions are inconsistent, or one of them failed.
    """
    history = app_history(app)
    head = _checked_head(app, history)
    with _session(settings, report) as engine:
        state: tuple[str, ...] = ()
        if settings.state:
            _make_schema(engine, settings)
            state = _upgrade(engine, state_history(postgresql=settings.is_postgresql), report)
            if _newer_but_compatible(engine, history, head, report):
                return MigrationReport(state, (), head)
            _reconcile(engine, history)
        return MigrationReport(state, _upgrade(engine, history, report, recorded=settings.state), head)


def downgrade(settings: Settings, app: App, revision: str, *, report: Report = lambda line: None) -> None:
    """Take the app's revisions back until the database stands at ``revision``.

    :param revision: an identifier, ``base`` for before the first, or ``-1`` for one back.
    :raises MigrationError: as :func:`migrate`; or there is no such revision, or it cannot be taken back.
    """
    history = app_history(app)
    known = {script.revision for script in history.revisions()}
    with _session(settings, report) as engine:
        with engine.connect() as connection:
            before = history.current(connection)
            _refuse_unknown(history, before, known)
            kept = settings.state and _has_record(connection)
        with _explained(f"the downgrade to {revision}", settings), _transaction(engine) as connection:
            history.run(command.downgrade, revision, connection=connection, on_version_apply=[record] if kept else [])
            _check_foreign_keys(connection)
        with engine.connect() as connection:
            after = history.current(connection)
        report(f"{history.name}: {', '.join(before) or 'base'} -> {', '.join(after) or 'base'}")


def _checked_head(app: App, history: History) -> str | None:
    head = history.head
    if head != app.head:
        raise MigrationError(
            f"{app.migrations / 'HEAD'} says {app.head or 'nothing'}, but the last revision is {head or 'none'}."
            f" Services would never become ready: write {head or 'nothing'} into that file"
        )
    return head


@contextmanager
def _session(settings: Settings, report: Report) -> Iterator[Engine]:
    engine = make_engine(settings)
    try:
        with _explained("the migration", settings), exclusive(engine, settings.migrate_wait, report=report):
            yield engine
    finally:
        engine.dispose()


@contextmanager
def _explained(what: str, settings: Settings) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise MigrationError(f"{what} stopped; {describe(settings)}: {explain(error)}") from error
    except DBAPIError as error:
        raise MigrationError(f"{what} failed and was rolled back: {explain(error)}") from error


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """SQLite: one transaction, which holds the write lock. PostgreSQL: a connection on which Alembic begins and
    commits itself, since a revision may ask for a part in autocommit (``CREATE INDEX CONCURRENTLY``)."""
    with engine.begin() if engine.dialect.name == "sqlite" else engine.connect() as connection:
        yield connection


def _make_schema(engine: Engine, settings: Settings) -> None:
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    except DBAPIError as error:
        raise MigrationError(
            f"schema {SCHEMA!r} cannot be made in {describe(settings)}: {explain(error)}."
            " Grant CREATE on the database, or set state = off to do without Gemel's own tables"
        ) from error


def _upgrade(engine: Engine, history: History, report: Report, *, recorded: bool = False) -> tuple[str, ...]:
    revisions = history.revisions()
    with engine.connect() as connection:
        current = history.current(connection)
    _refuse_unknown(history, current, {script.revision for script in revisions})
    applied = history.ancestors(current)
    done = []
    for script in revisions:
        if script.revision not in applied and _apply(engine, history, script, recorded=recorded):
            done.append(script.revision)
            report(f"{history.name}: {script.revision} {script.doc}")
    return tuple(done)


def _apply(engine: Engine, history: History, script: Script, *, recorded: bool) -> bool:
    """Apply one revision; false if another migrator was faster."""
    try:
        with _transaction(engine) as connection:
            if connection.in_transaction() and script.revision in history.ancestors(history.current(connection)):
                return False
            history.run(
                command.upgrade,
                script.revision,
                connection=connection,
                on_version_apply=[record] if recorded else [],
            )
            _check_foreign_keys(connection)
    except Exception as error:  # a revision is the app's own code: whatever it raises is told with its name
        text = explain(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
        raise MigrationError(
            f"revision {script.revision} ({script.path}) failed and its transaction was rolled back: {text}"
        ) from error
    return True


def _check_foreign_keys(connection: Connection) -> None:
    """SQLite checks no references while a table is rebuilt, so it is done before the commit."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise MigrationError(
            f"row {broken[1]} of table {broken[0]!r} refers to a row of {broken[2]!r} that is not there"
        )


def _refuse_unknown(history: History, current: tuple[str, ...], known: set[str]) -> None:
    unknown = [revision for revision in current if revision not in known]
    if unknown:
        raise MigrationError(
            f"the database stands at revision {', '.join(unknown)} of {history.name!r}, which {history.versions} does"
            " not have: this code is older than the database. Run the version of the code that has the revision,"
            " or use it to go back with `migrate down`"
        )


def _newer_but_compatible(engine: Engine, history: History, head: str | None, report: Report) -> bool:
    """Whether the database is ahead of this code, by revisions that say that this code may stay (a roll-back)."""
    with engine.connect() as connection:
        current = history.current(connection)
        rows = applied_revisions(connection)
    known = {script.revision for script in history.revisions()}
    if set(current) <= known or not compatible(head, rows):
        return False
    report(f"{history.name}: the database is at {', '.join(current)}, which is compatible with this code's {head}")
    return True


def _reconcile(engine: Engine, history: History) -> None:
    with engine.begin() as connection:
        current = history.current(connection)
        revisions = history.revisions()
        _refuse_unknown(history, current, {script.revision for script in revisions})
        applied = history.ancestors(current)
        reconcile(connection, [script for script in revisions if script.revision in applied])


def _has_record(connection: Connection) -> bool:
    table = state_tables(postgresql=connection.dialect.name == "postgresql").revisions
    return inspect(connection).has_table(table.name, schema=table.schema)
