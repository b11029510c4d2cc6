"""Gemel in one process: settings, migrations, schedule, both APIs. ``python main.py --help`` says more."""

import sys
from pathlib import Path

# A checkout runs as it is, without being installed. The order is that of the packages in pyproject.toml.
FOLDERS = ("shared", "services/graphql", "services/rest", "services/migrator", "services/backup", "cli")
sys.path[:0] = [str(Path(__file__).resolve().parent / folder) for folder in FOLDERS]

from gemel_cli.embedded import main  # noqa: E402 - after the path

if __name__ == "__main__":
    sys.exit(main())
