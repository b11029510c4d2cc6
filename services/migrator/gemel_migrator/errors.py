"""What the migrator refuses."""

from gemel.errors import GemelError


class MigrationError(GemelError):
    """A migration cannot be done, or failed; the text says where it stands and what to do."""
