"""The advisory lock that migrations take exclusively and backups share (docs/decisions.md, 31)."""

MIGRATION_LOCK = 0x67656D656C
"""Key of PostgreSQL's advisory lock: ``gemel`` in ASCII. Locks are per database, so one key is enough."""
