"""Which way a link means: a relationship by name, or what a foreign key offers (``rest.md`` section 7)."""

from collections.abc import Iterator
from functools import cache

from gemel.request import Link
from property.naive.data import FOREIGN_KEYS, RELATIONSHIPS, Way


class NoSuchWay(LookupError):
    """Nothing fits the link, or more than one way does."""


@cache
def find_way(table: str, link: Link) -> Way:
    """The way that a link means from a table.

    :raises NoSuchWay: not exactly one fits.
    """
    if link.name in RELATIONSHIPS[table] and link.hint is None:
        return RELATIONSHIPS[table][link.name]
    found = [way for way, names, hints in offered(table) if _fits(link, names, hints)] if link.detect else []
    if len(found) != 1:
        raise NoSuchWay(f"{len(found)} ways lead from {table} to {link}")
    return found[0]


def _fits(link: Link, names: set[str], hints: set[str]) -> bool:
    return link.name in names and (link.hint is None or link.hint in hints)


def offered(table: str) -> Iterator[tuple[Way, set[str], set[str]]]:
    """The ways that foreign keys offer from a table, each with the names and the hints that it answers to."""
    for key in FOREIGN_KEYS:
        itself = key.table == key.target
        hints = {key.name, key.column, "id"}
        if key.table == table:
            names = {key.column} if itself else {key.target, key.name, key.column}
            yield Way(key.target, key.column, "id", False), names, hints
        if key.target == table:
            names = {key.table, "id"} if itself else {key.table, key.name, "id"}
            yield Way(key.table, "id", key.column, True), names, hints
    middle = "playlist_track"
    hints = {middle, "playlist_track_playlist_id_fkey", "playlist_track_track_id_fkey"}
    if table == "playlist":
        yield Way("track", "id", "id", True, (middle, "playlist_id", "track_id")), {"track"}, hints
    if table == "track":
        yield Way("playlist", "id", "id", True, (middle, "track_id", "playlist_id")), {"playlist"}, hints
