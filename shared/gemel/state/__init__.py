"""Gemel's own tables (docs/decisions.md, 22): schema ``gemel`` on PostgreSQL, prefix ``gemel_`` on SQLite."""
