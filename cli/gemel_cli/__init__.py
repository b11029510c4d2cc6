"""The admin commands: ``python scripts.py``, ``python -m gemel_cli``, or ``gemel`` where it is installed."""


def main() -> None:
    """Run the command that the arguments name, and end the process with its status."""
    from gemel_cli.application import run  # noqa: PLC0415 - main.py uses parts of this package without the commands

    run()
