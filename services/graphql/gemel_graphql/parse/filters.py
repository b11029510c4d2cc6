"""``where`` (``docs/dialects/graphql.md`` section 5)."""

from collections.abc import Iterator
from dataclasses import replace

from gemel.catalog import Column, Kind
from gemel.request import And, ColumnRef, Compare, Condition, Link, Not, Or, Related
from gemel_graphql.parse.comparisons import text_tests, value_tests
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.predicates import predicate
from gemel_graphql.schema.meaning import ColumnOf, Junctor, RelatedAggregate, RelatedRows, meaning_of


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
            case RelatedAggregate(relation):
                yield predicate(Link(relation.name, at=value.at), value, condition)
            case ColumnOf(column):
                yield from _comparisons(value, column)


def _comparisons(value: Given, column: Column) -> Iterator[Condition]:
    ref = ColumnRef(column.name, at=value.at)
    as_text = replace(ref, as_text=True)
    tests = [(ref, test) for test in value_tests(value, column.type)]
    if column.type.served.kind is Kind.JSONB:
        tests += [(as_text, test) for test in text_tests(value)]
    for of, test in tests:
        compared = Compare(of, test.operator, test.value, language=test.language, at=test.at)
        yield Not(compared) if test.negated else compared
