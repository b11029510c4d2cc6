"""Gemel's own tables, for commands."""

from gemel.errors import SettingsError
from gemel.settings import Settings, load
from gemel.state.tables import StateTables, state_tables


def own_tables(missing: str) -> tuple[Settings, StateTables]:
    """The settings, and the tables.

    :param missing: what is not there without them, as in ``there is no outbox``.
    :raises SettingsError: the settings keep them out.
    """
    settings = load()
    if not settings.state:
        raise SettingsError(f"{missing}: the setting state keeps Gemel's own tables out")
    return settings, state_tables(postgresql=settings.is_postgresql)
