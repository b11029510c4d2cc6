"""What is computed over rows, as JSON texts."""

from collections.abc import Iterable, Iterator, Sequence

from gemel.catalog import Column, Kind
from gemel.catalog.types import simple
from gemel.plan.model import CountOf, MeasureOf, Text, Use, Value
from gemel.sql.backend import Expression
from gemel.sql.build import Frame
from gemel.sql.fragment import sql
from gemel.sql.texts import constant, json_object, json_string, key
from gemel.sql.values import measured_json

Item = CountOf | MeasureOf | Text


def measures(frame: Frame, items: Iterable[Item]) -> list[Expression]:
    """Pieces of an object of counts and measures."""
    return json_object((key(frame.builder, item.key), _measure(frame, item)) for item in items)


def count_of(frame: Frame, item: CountOf) -> Expression:
    """JSON of a number of rows or values."""
    return frame.builder.backend.json(counted(frame, item.uses, distinct=item.distinct), simple(Kind.BIGINT))


def counted(frame: Frame, uses: Sequence[Use], *, distinct: bool) -> Expression:
    """A number of rows or values."""
    if distinct and uses:
        return frame.builder.backend.count_distinct([frame.ordered(use) for use in uses])
    return sql("count(", frame.use(uses[0]), ")") if len(uses) == 1 else sql("count(*)")


def is_column(item: Value | Text) -> bool:
    """Something is computed of it."""
    return isinstance(item, Value)


def measured_columns(items: Iterable[Item]) -> Iterator[Column]:
    """The columns that measures are computed of."""
    for item in items:
        if isinstance(item, CountOf):
            yield from (use.column for use in item.uses)
        elif isinstance(item, MeasureOf):
            yield from (value.use.column for value in item.values if isinstance(value, Value))


def _measure(frame: Frame, item: Item) -> list[Expression]:
    match item:
        case CountOf():
            return [count_of(frame, item)]
        case Text(text=text):
            return [constant(frame.builder, json_string(text))]
        case MeasureOf(name=name, values=values):
            return json_object((key(frame.builder, value.key), [_measured(frame, name, value)]) for value in values)


def _measured(frame: Frame, name: str, item: Value | Text) -> Expression:
    if isinstance(item, Text):
        return constant(frame.builder, json_string(item.text))
    return measured_json(frame, name, frame.use(item.use), item.use.type, item.cast)
