"""JSON of a column."""

from gemel.plan.model import Value
from gemel.sql.backend import Expression
from gemel.sql.build import Frame


def column_json(frame: Frame, item: Value) -> Expression:
    """JSON text of a column, cast if asked."""
    backend, value = frame.builder.backend, frame.use(item.use)
    if item.cast is None:
        return backend.json(value, item.use.type)
    return backend.json(backend.cast(value, item.use.type, item.cast), item.cast)
