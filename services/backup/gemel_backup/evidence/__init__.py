"""What a backup is compared by: counted in the snapshot that it is of, and again in what was restored."""

from gemel_backup.evidence.model import Evidence, Range, Rows, differences, of_tables, parse_evidence

__all__ = ["Evidence", "Range", "Rows", "differences", "of_tables", "parse_evidence"]
