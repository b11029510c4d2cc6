"""Resolve columns as values, and what is computed of them."""

from gemel.apart import hold
from gemel.catalog import Kind, ValueType, View
from gemel.errors import Mismatch
from gemel.plan.casts import cast_type
from gemel.plan.conditions import check_measure
from gemel.plan.model import CountOf, MeasureOf, Text, Use, Value
from gemel.plan.names import use_of
from gemel.request import ColumnField, ColumnRef, Constant, Count, MeasureGroup


def plan_value(table: View, item: ColumnField) -> Value:
    """A column under a key, cast if asked."""
    use = use_of(table, item.column)
    return hold(Value(item.key, use, plan_cast_of(use, item.cast, item.column), item.capitals))


def plan_values(table: View, columns: tuple[ColumnField | Constant, ...]) -> tuple[Value | Text, ...]:
    """Columns and constants of an object."""
    return tuple(
        Text(part.key, part.text) if isinstance(part, Constant) else plan_value(table, part) for part in columns
    )


def plan_cast(name: str | None, column: ColumnRef | None) -> ValueType | None:
    """The type of a cast.

    :raises Mismatch: of kind ``cast``, it is not known.
    """
    return cast_type(name, column.at if column else ()) if name is not None else None


def plan_cast_of(use: Use, name: str | None, column: ColumnRef | None) -> ValueType | None:
    """The type that a column is cast to.

    :raises Mismatch: of kind ``cast``, it is not known; ``cannot-cast``, it would show what is stored.
    """
    if name is not None and use.type.kind is Kind.PROCESSED:
        text = f"cannot cast column {use.column.name}, whose values are made in Python, to type {name}"
        raise Mismatch("cannot-cast", text, name=name, at=column.at if column else ())
    return plan_cast(name, column)


def plan_measure(table: View, item: Count | MeasureGroup | Constant) -> CountOf | MeasureOf | Text:
    """A count, or one measure of several columns.

    :raises Mismatch: of kind ``aggregate-type``, it cannot be computed of a column.
    """
    match item:
        case Count():
            return plan_count(table, item)
        case Constant(key, text):
            return Text(key, text)
        case MeasureGroup(key, name, columns):
            values = plan_values(table, columns)
            for value in values:
                if isinstance(value, Value):
                    check_measure(name, table, value.use.column.name)
            return MeasureOf(key, name, values)


def plan_count(table: View, item: Count) -> CountOf:
    """A number of rows or values."""
    return CountOf(item.key, tuple(use_of(table, ref) for ref in item.columns), item.distinct)
