"""Content-Range, and the status that goes with it (``docs/dialects/rest.md`` section 10)."""


def content_range(first: int, rows: int, total: int | None) -> str:
    """Value of Content-Range."""
    span = f"{first}-{first + rows - 1}" if rows else "*"
    return f"{span}/{'*' if total is None else total}"


def page_status(rows: int, total: int | None) -> int:
    """200, or 206 when there are known to be more rows than these."""
    return 206 if total is not None and total > rows else 200


def is_beyond(first: int, total: int | None) -> bool:
    """Whether the page begins behind the end."""
    return total is not None and first > total
