"""``migrate``: change the database as the app's models have changed."""

from typing import Annotated

import typer

from gemel.app import load_app
from gemel.settings import load
from gemel_migrator import downgrade
from gemel_migrator import migrate as apply_revisions
from gemel_migrator.new import new_revision
from gemel_migrator.status import check as find_differences
from gemel_migrator.status import status

migrate = typer.Typer(
    help="Apply what is pending, or see to the revisions.\n\nWithout a command it is the same as `migrate up`.",
    rich_markup_mode=None,
)


@migrate.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        up()


@migrate.command()
def up() -> None:
    """Apply all revisions that the database lacks.

    Each has its own transaction. Only one migrator at a time changes a database; another one waits.
    """
    settings = load()
    app = load_app(settings.app)
    done = apply_revisions(settings, app, report=print)
    if not done.state and not done.app:
        print(f"{app.name} is at {done.head}: nothing to do" if done.head else f"{app.name} has no migrations")


@migrate.command()
def show() -> None:
    """Show current revision, head, and what is pending."""
    settings = load()
    where = status(settings, load_app(settings.app))
    print(f"current  {where.current or 'none'}")
    print(f"head     {where.head or 'none'}")
    for script in where.pending:
        print(f"pending  {script.revision}  {script.doc}")


@migrate.command()
def new(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="What the revision does, in a few words.")],
    empty: Annotated[
        bool, typer.Option("--empty", help="Write a revision without operations, for a change of data.")
    ] = False,
) -> None:
    """Write a revision from the changed models.

    It is made from what the database lacks of the models. Read it before you apply it: a comparison cannot see that
    something was renamed.
    """
    settings = load()
    print(new_revision(settings, load_app(settings.app), message, empty=empty))


@migrate.command()
def check() -> None:
    """Compare HEAD, revisions, models and database.

    Exits with status 1, and prints the differences, if they do not agree.
    """
    settings = load()
    differences = find_differences(settings, load_app(settings.app))
    for line in differences:
        print(line)
    if differences:
        raise typer.Exit(1)


@migrate.command()
def down(
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="Revision to go back to; `base` is before the first.")
    ],
) -> None:
    """Take revisions back, as far as REVISION.

    Data in tables and columns that they made is lost.
    """
    settings = load()
    downgrade(settings, load_app(settings.app), revision, report=print)
