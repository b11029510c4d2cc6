"""Gemel's own tables that change while a backup is taken: their rows are neither dumped nor counted."""

from typing import Final

from gemel.state.tables import SCHEMA, table_name

OWN: Final = ("backup", "slot")
EXCLUDED: Final = tuple(f"{SCHEMA}.{name}" for name in OWN)
"""As PostgreSQL has them."""
OWN_SQLITE: Final = tuple(table_name(name, postgresql=False)[1] for name in OWN)
