"""``python -m gemel_cli``."""

from gemel_cli import main

if __name__ == "__main__":
    main()
