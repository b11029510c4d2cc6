"""Backups as they are shown."""

from datetime import datetime

from rich.table import Table

from gemel_backup.keep.catalogue import Entry


def facts_of(entry: Entry) -> dict[str, object]:
    """What is known of a backup, for JSON."""
    manifest = entry.manifest
    return {
        "id": entry.id,
        "status": entry.status,
        "kind": entry.kind or "dump",
        "stored": entry.stored,
        "proven_at": entry.proven_at.isoformat() if entry.proven_at else None,
        "error": entry.error,
        "pinned": entry.pin.reason if entry.pin else None,
        "deleted_at": entry.deleted_at.isoformat() if entry.deleted_at else None,
        "bytes": manifest.size if manifest else None,
        "seconds": manifest.seconds if manifest else None,
        "rows": manifest.rows if manifest else None,
    }


def table_of(found: list[Entry]) -> Table:
    """It fits into 80 columns, which is what a pipe has."""
    shown = Table(box=None, pad_edge=False)
    for name in ("id", "status", "proven (UTC)", "size", "rows"):
        shown.add_column(name, no_wrap=True)
    shown.add_column("", overflow="fold")
    for entry in found:
        manifest = entry.manifest
        base = manifest.base if manifest is not None else None
        remarks = [f"base backup: leads to any time from {base.ended_at:%Y-%m-%d %H:%M:%S} on"] if base else []
        remarks += ["pinned"] if entry.pin else ["to be deleted"] if entry.deleted_at else []
        shown.add_row(
            entry.id,
            entry.status,
            _time(entry.proven_at),
            size(manifest.size) if manifest else "-",
            str(manifest.rows) if manifest else "-",
            "; ".join([*remarks, *([entry.error] if entry.error else [])]),
        )
    return shown


def _time(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else "-"


def size(count: int) -> str:
    """Bytes in words, by thousands."""
    rest = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if rest < 1000:
            return f"{rest:.0f} {unit}" if unit == "bytes" else f"{rest:.1f} {unit}"
        rest /= 1000
    return f"{rest:.1f} TB"
