"""The advisory locks by which migrations and backups keep out of each other's way (docs/decisions.md, 31).

Locks are per database, so that one key of each kind is enough.
"""

MIGRATION_LOCK = 0x67656D656C
"""Taken exclusively by a migration and shared by backups: ``gemel`` in ASCII."""
WAITING_LOCK = MIGRATION_LOCK + 1
"""Shared by the migrations that wait: as long as one does, no backup begins."""
YIELD_LOCK = MIGRATION_LOCK + 2
"""Shared by the migrations that have waited long enough: a backup that sees one gives way."""


HOLDERS = (
    "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32) | objid::bigint = {}"
)


def holders(lock: int) -> str:
    """Statement for the modes in which sessions of this database hold a lock of PostgreSQL: one row for each, such as
    ``ShareLock``."""
    return HOLDERS.format(lock)
