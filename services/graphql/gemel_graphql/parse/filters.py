"""``where`` (``docs/dialects/graphql.md`` section 5)."""

from collections.abc import Iterator

from gemel.catalog import Column, ValueType
from gemel.request import And, ColumnRef, Compare, Condition, Link, Not, Operator, Or, Related
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.readers import Reader, column_reader, list_reader, text_reader
from gemel_graphql.schema.meaning import ColumnOf, Junctor, RelatedRows, Test, meaning_of
from gemel_graphql.schema.scalars import scalar_name


def condition(where: Given) -> Condition:
    """A filter; all its members have to hold.

    :raises RequestError: it is no filter of its table.
    """
    return _all(tuple(_conditions(where)))


def _all(items: tuple[Condition, ...]) -> Condition:
    return items[0] if len(items) == 1 else And(items)


def _conditions(where: Given) -> Iterator[Condition]:
    for _, field, value in where.members():
        if value.is_null:
            raise value.unexpected_null()
        match meaning_of(field):
            case Junctor("and"):
                yield And(tuple(condition(item) for item in value.elements()))
            case Junctor("or"):
                yield Or(tuple(condition(item) for item in value.elements()))
            case Junctor("not"):
                yield Not(condition(value))
            case RelatedRows(relation):
                yield Related(Link(relation.name, at=value.at), condition(value))
            case ColumnOf(column):
                yield from _comparisons(value, column)


def _comparisons(value: Given, column: Column) -> Iterator[Condition]:
    ref = ColumnRef(column.name, at=value.at)
    for _, field, operand in value.members():
        test: Test = meaning_of(field)
        if operand.is_null:
            raise operand.unexpected_null()
        if test.value == "truth":
            absent = Compare(ref, Operator.NULL, at=operand.at)
            yield absent if operand.truth() else Not(absent)
            continue
        compared = Compare(ref, test.operator, operand.slot(_reader(test, column.type)), at=operand.at)
        yield Not(compared) if test.negated else compared


def _reader(test: Test, type_: ValueType) -> Reader:
    match test.value:
        case "text":
            return text_reader
        case "texts":
            return list_reader(text_reader, "String")
        case "list":
            return list_reader(column_reader(type_), scalar_name(type_))
    return column_reader(type_)
