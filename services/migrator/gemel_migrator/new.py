"""Write a new revision from the differences between the database and the models."""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import Script
from sqlalchemy.exc import DBAPIError

from gemel.app import App
from gemel.settings import Settings
from gemel_migrator.connect import describe, explain, make_engine
from gemel_migrator.errors import MigrationError
from gemel_migrator.history import History, app_history
from gemel_migrator.status import status


def new_revision(settings: Settings, app: App, message: str, *, empty: bool = False) -> Path:
    """Compare the database with the models, write a revision that makes up the difference, and ``migrations/HEAD``.

    :param message: what the revision does; its first words become part of the file's name.
    :param empty: write a revision without operations (for a change of data) and compare nothing.
    :returns: the file of the revision, to be read and corrected: a comparison cannot see a renaming.
    :raises MigrationError: the database is not at the head, or does not differ from the models.
    """
    history = app_history(app)
    where = status(settings, app)
    if where.current != where.head:
        raise MigrationError(
            f"{describe(settings)} is at {where.current or 'base'}, the head is {where.head}: run `migrate` first,"
            " since the revision is made from what the database lacks"
        )
    history.versions.mkdir(parents=True, exist_ok=True)
    script = _generate(settings, history, message, empty=empty)
    if script is None:
        raise MigrationError(
            f"{describe(settings)} does not differ from the models of {app.name}: there is nothing to do."
            " For a revision that only changes data use --empty"
        )
    _write_whole(app.migrations / "HEAD", f"{script.revision}\n")
    return Path(script.path)


def _generate(settings: Settings, history: History, message: str, *, empty: bool) -> Script | None:
    def drop_empty(_context: object, _revision: object, directives: list[Any]) -> None:
        if not empty and directives[0].upgrade_ops.is_empty():
            directives.clear()

    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            made: Script | list[Script] = history.run(
                command.revision,
                message,
                connection=connection,
                keywords={"autogenerate": not empty},
                process_revision_directives=drop_empty,
            )
    except DBAPIError as error:
        raise MigrationError(f"{describe(settings)}: {explain(error)}") from error
    finally:
        engine.dispose()
    return made if isinstance(made, Script) else None  # a list that is empty


def _write_whole(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="ascii")
    os.replace(temporary, path)  # noqa: PTH105 - the same, and says that it replaces
