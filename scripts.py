"""The admin commands, from a checkout: ``python scripts.py --help``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "shared"), *(str(path) for path in sorted(ROOT.glob("services/*"))), str(ROOT / "cli")]

from gemel_cli import main  # noqa: E402 - the path comes first

if __name__ == "__main__":
    main()
