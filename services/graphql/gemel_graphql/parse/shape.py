"""The shape of the variables of a request: all that its plan depends on, and nothing else (docs/decisions.md, 3).

Nullness of every value, names and order of the members of input objects, lengths of lists of them, the values of enums
and of the truth values that decide what is asked. The values of columns are not part of it, be they of an enum table.
Of rows to be inserted only their outlines are (``parse.outline``), neither their number nor which values are null.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    get_named_type,
)

from gemel_graphql.parse.outline import ODD, RowMeasure, ties_of
from gemel_graphql.schema.meaning import Part, RowInput, Rows, Test, meaning_of

Measure = Callable[[Any], Hashable]
"""Shape of one value."""

DISTINCT: Final = Part("distinct")


@dataclass(frozen=True, eq=False)
class Shapes:
    """Measures of the types of one schema, each made once."""

    _made: dict[str, Measure] = field(default_factory=dict)
    _rows: dict[str, RowMeasure] = field(default_factory=dict)

    def measure(self, type_: GraphQLInputType) -> Measure:
        """Measure of a variable's values."""
        named = get_named_type(type_)
        if named.name == "Boolean":  # of a variable it is not known whether it decides something
            return _value
        return self._measure(named)

    def _measure(self, named: GraphQLNamedType) -> Measure:
        if isinstance(named, GraphQLEnumType):
            return _is_null if isinstance(meaning_of(named), Rows) else _value
        if isinstance(named, GraphQLInputObjectType) and isinstance(meaning_of(named), RowInput):
            return self._of_rows(named)
        if isinstance(named, GraphQLInputObjectType):
            found = self._made.get(named.name)
            return found or self._made.setdefault(named.name, self._object(named))
        return _is_null

    def _of_rows(self, type_: GraphQLInputObjectType) -> RowMeasure:
        found = self._rows.get(type_.name)
        return found or self._rows.setdefault(type_.name, RowMeasure(ties_of(type_), self._of_rows))

    def _object(self, type_: GraphQLInputObjectType) -> Measure:
        members: dict[str, Measure] = {}

        def member(name: str, value: object) -> Hashable:
            measure = members.get(name)
            if measure is None:
                known = type_.fields.get(name)
                measure = members[name] = self._member(known) if known is not None else _odd
            return measure(value)

        def shape(value: Any) -> Hashable:
            if isinstance(value, dict):
                return tuple((name, member(name, item)) for name, item in value.items())
            if isinstance(value, list):
                return ("list", *map(shape, value))
            return None if value is None else ODD

        return shape

    def _member(self, item: GraphQLInputField) -> Measure:
        meaning = meaning_of(item)
        if meaning == DISTINCT or (isinstance(meaning, Test) and meaning.value == "truth"):
            return _value
        return self._measure(get_named_type(item.type))


def _is_null(value: object) -> Hashable:
    return value is None


def _odd(_: object) -> Hashable:
    return ODD


def _value(value: Any) -> Hashable:
    if isinstance(value, list):
        return ("list", *map(_value, value))
    return (type(value), value) if isinstance(value, str | bool | None) else ODD


Measures = Mapping[str, Measure]
"""By variable."""
