"""The Prefer header (``docs/dialects/rest.md`` section 13, RFC 7240)."""

import re
from dataclasses import dataclass, field
from typing import Literal

from gemel.errors import RequestError

KNOWN = {
    "return": ("minimal", "headers-only", "representation"),
    "count": ("exact", "planned", "estimated"),
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "missing": ("default", "null"),
    "handling": ("strict", "lenient"),
    "tx": ("commit", "rollback"),
}
ESTIMATES: dict[str, Literal["planned", "counted"]] = {"planned": "planned", "estimated": "counted"}
NUMBER = re.compile(r"[0-9]{1,18}")
ORDER = ("resolution", "missing", "return", "count", "tx", "handling", "timezone", "max-affected")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the client prefers: the first value of each kind."""

    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def returns(self) -> str:
        """``minimal``, ``headers-only`` or ``representation``."""
        return self.chosen.get("return", "minimal")

    @property
    def count(self) -> str | None:
        """``exact``, ``planned``, ``estimated`` or none."""
        return self.chosen.get("count")

    @property
    def estimate(self) -> Literal["planned", "counted"] | None:
        """How the total may be estimated (section 11)."""
        return ESTIMATES.get(self.chosen.get("count", ""))

    @property
    def strict(self) -> bool:
        """Unknown preferences are errors, and ``max-affected`` holds."""
        return self.chosen.get("handling") == "strict"

    @property
    def max_affected(self) -> int | None:
        """Most rows that may be changed."""
        return int(self.chosen["max-affected"]) if self.strict and "max-affected" in self.chosen else None

    def applied(self, kinds: frozenset[str]) -> str:
        """Value of ``Preference-Applied``: those of ``kinds`` that were chosen."""
        return ", ".join(f"{kind}={self.chosen[kind]}" for kind in ORDER if kind in kinds and kind in self.chosen)


def parse_prefer(header: str) -> Preferences:
    """Read the header; several are joined by commas.

    :raises RequestError: ``PGRST122``, an unknown one under ``handling=strict``.
    """
    if not header:
        return Preferences()
    chosen: dict[str, str] = {}
    invalid: list[str] = []
    for part in filter(None, (part.strip() for part in header.split(","))):
        kind, _, value = part.partition("=")
        if value in KNOWN.get(kind, ()) or (kind == "max-affected" and NUMBER.fullmatch(value)):
            chosen.setdefault(kind, value)
        else:
            invalid.append(part)
    preferences = Preferences(chosen)
    if invalid and preferences.strict:
        details = f"Invalid preferences: {', '.join(invalid)}"
        raise RequestError("PGRST122", "Invalid preferences given with handling=strict", details)
    return preferences
