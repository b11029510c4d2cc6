"""How what administrators do is written down. No input or output."""

from gemel.state.tables import table_name


def audit_statement(*, postgresql: bool) -> str:
    """SQL text that adds a line; takes the moment (as ``moment`` writes it), who, action, subject, details (JSON)."""
    schema, name = table_name("audit", postgresql=postgresql)
    table = f"{schema}.{name}" if schema else name
    at = "CAST(CAST($1 AS text) AS timestamptz)" if postgresql else "?1"
    places = ", ".join(f"${number}" if postgresql else f"?{number}" for number in range(2, 6))
    return f"INSERT INTO {table} (at, who, action, subject, details) VALUES ({at}, {places})"  # noqa: S608 - our own names
