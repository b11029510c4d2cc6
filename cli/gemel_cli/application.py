"""The tree of commands (docs/decisions.md, 27), and the edge at which errors become messages."""

import sys

import typer

from gemel.errors import GemelError
from gemel_cli.commands.backup import backup
from gemel_cli.commands.key import key
from gemel_cli.commands.migrate import migrate
from gemel_cli.commands.operations import operations
from gemel_cli.commands.outbox import outbox
from gemel_cli.commands.policy import policy
from gemel_cli.commands.seed import seed
from gemel_cli.commands.settings import settings
from gemel_cli.commands.task import task
from gemel_cli.commands.token import token


def application() -> typer.Typer:
    """All commands. Markup is off, so that help is the same text on every terminal."""
    tree = typer.Typer(
        help="Admin commands of Gemel. Settings are read from settings.ini and GEMEL_<KEY>.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    tree.add_typer(migrate, name="migrate")
    tree.add_typer(backup, name="backup")
    tree.add_typer(task, name="task")
    tree.add_typer(outbox, name="outbox")
    tree.add_typer(policy, name="policy")
    tree.add_typer(operations, name="operations")
    tree.add_typer(key, name="key")
    tree.command()(seed)
    tree.command()(token)
    tree.command()(settings)
    return tree


def run() -> None:
    """Run a command: exit status 0, 1 with a message for what Gemel refuses, 2 for wrong usage, 130 for Ctrl-C.

    Any other exception is a bug and keeps its traceback.
    """
    try:
        application()()
    except GemelError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
