"""Values of columns: their JSON, and parameters for them."""

from gemel.catalog import ValueType
from gemel.plan.model import Value
from gemel.plan.write_model import Preset
from gemel.policy import Claim
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.fragment import sql
from gemel.sql.processed import marked


def column_json(frame: Frame, item: Value) -> Expression:
    """JSON text of a column, in capitals or cast if asked."""
    backend, value = frame.builder.backend, frame.use(item.use)
    if item.capitals:
        value = sql("upper(", value, ")")
    if item.cast is None:
        return value_json(frame.builder, value, item.use.type)
    return backend.json(backend.cast(value, frame.builder.stored(item.use.type), item.cast), item.cast)


def value_json(builder: Builder, value: Expression, type_: ValueType) -> Expression:
    """JSON text of a value."""
    text = builder.backend.json(value, builder.stored(type_))
    if type_.codec is None or not type_.codec.reads:
        return text
    builder.codecs.append(type_.codec)
    return marked(value, text, len(builder.codecs) - 1)


def measured_json(
    frame: Frame, name: str, value: Expression, type_: ValueType, cast: ValueType | None = None
) -> Expression:
    """JSON text of a measure, cast if asked. The least and the greatest are values of the column."""
    backend, stored = frame.builder.backend, frame.builder.stored(type_)
    measured, found = backend.measure(name, value, stored, cast)
    if cast is not None:
        return backend.json(backend.cast(measured, found, cast), cast)
    return value_json(frame.builder, measured, type_ if found is stored else found)


def preset_value(frame: Frame, preset: Preset) -> Expression:
    """What a policy has a column written with."""
    if isinstance(preset.value, Claim):
        return frame.builder.claimed(preset.value, preset.column.type)
    return frame.adapt(preset.value)
