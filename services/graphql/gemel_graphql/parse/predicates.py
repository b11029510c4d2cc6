"""Filters by what is computed over related rows (``docs/dialects/graphql.md`` section 5.6)."""

from collections.abc import Callable

from gemel.catalog import Kind
from gemel.catalog.types import simple
from gemel.request import ColumnRef, Condition, Link, MeasureTest, RelatedMeasure
from gemel_graphql.parse.comparisons import value_tests
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.schema.meaning import MeasureTested, meaning_of

COMPARED = {"count": Kind.INTEGER, "bool_and": Kind.BOOLEAN, "bool_or": Kind.BOOLEAN}


def predicate(link: Link, value: Given, condition: Callable[[Given], Condition]) -> RelatedMeasure:
    """The one function of ``<r>_aggregate``, with its test.

    :param condition: reads a filter of rows.
    :raises RequestError: none, or more than one function; a null; what does not fit.
    """
    members = value.members()
    if len(members) != 1:
        raise refuse("exactly one predicate should be specified", value.at)
    _, field, asked = members[0]
    if asked.is_null:
        raise asked.unexpected_null()
    tested: MeasureTested = meaning_of(field)
    given = {meaning_of(field).name: item for _, field, item in asked.members() if not _is_missing(item)}
    return RelatedMeasure(
        link,
        tested.name,
        _columns(tested.name, given.get("arguments")),
        tuple(value_tests(given["predicate"], simple(COMPARED.get(tested.name, Kind.DOUBLE)))),
        "distinct" in given and given["distinct"].truth(),
        condition(given["filter"]) if "filter" in given else None,
    )


def _is_missing(item: Given) -> bool:
    """:raises RequestError: a null, which means nothing inside a filter (section 5.7)."""
    if item.is_null:
        raise item.unexpected_null()
    return False


def _columns(name: MeasureTest, given: Given | None) -> tuple[ColumnRef, ...]:
    if given is None:
        return ()
    if name == "count":
        return tuple(_column(item) for item in given.elements())
    if name in ("corr", "covar_samp"):
        sides = {meaning_of(field).name: item for _, field, item in given.members()}
        return (_column(sides["X"]), _column(sides["Y"]))
    return (_column(given),)


def _column(given: Given) -> ColumnRef:
    return ColumnRef(meaning_of(given.word()).column.name, at=given.at)
