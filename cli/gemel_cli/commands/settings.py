"""``settings``: what is in force, and where it was read."""

import re
import sys

from pydantic import SecretStr

from gemel.settings import read, unknown_variables

MASK = "********"
PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@|(?<=[?&]password=)[^&]*")


def settings() -> None:
    """Show every setting and where it was read.

    Secrets and passwords are masked.
    """
    values, sources = read()
    shown = [(key, masked(key, value), sources.get(key, "default")) for key, value in values]
    widths = [max(len(row[index]) for row in shown) for index in (0, 1)]
    for key, text, where in shown:
        print(f"{key:<{widths[0]}}  {text:<{widths[1]}}  {where}")
    for name in unknown_variables():
        sys.stderr.write(f"{name} is set in the environment, and there is no such setting\n")


def masked(key: str, value: object) -> str:
    """A value for a person: nothing of a secret; of an address all but the password."""
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return PASSWORD.sub(_hide, secret) if key.endswith("_uri") else MASK if secret else ""
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _hide(match: re.Match[str]) -> str:
    return MASK if match[1] is None else f"{match[1]}:{MASK}@"
