"""Backups that count only once they were restored and compared (docs/backups.md; docs/decisions.md, 30 to 34)."""
