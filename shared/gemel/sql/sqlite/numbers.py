"""Numbers as JSON text."""

import math


def number_text(value: object) -> str:
    """Shortest text that reads back; what JSON has no number for is a string, as PostgreSQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, float):
        if math.isinf(value):
            return '"Infinity"' if value > 0 else '"-Infinity"'
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
