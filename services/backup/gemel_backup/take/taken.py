"""What a database's own part of taking gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from gemel_backup.evidence import Evidence
from gemel_backup.keep.manifest import Base

EVIDENCE: Final = "evidence.json"
"""File of a backup: what the snapshot held."""


@dataclass(frozen=True)
class Taken:
    """A dump has been written; this is what it holds."""

    kind: Literal["postgresql", "sqlite", "base"]
    server_version: str
    tool: str
    evidence: Evidence
    locale: Mapping[str, str | None] = field(default_factory=dict)
    base: Base | None = None
