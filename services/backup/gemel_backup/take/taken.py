"""What a database's own part of taking gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Taken:
    """A dump has been written; this is what it holds."""

    kind: Literal["postgresql", "sqlite"]
    server_version: str
    tool: str
    revision: str | None
    tables: Mapping[str, int]
    locale: Mapping[str, str | None] = field(default_factory=dict)
