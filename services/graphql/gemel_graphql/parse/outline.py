"""What rows to be inserted have in common, of those in a variable (``docs/dialects/graphql.md`` section 9.2).

Rows with the same outline are read alike. The outlines of a list, and not its length, are what its plan depends on.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type

from gemel.catalog import Relation, View
from gemel_graphql.schema.meaning import Part, RelatedRows, meaning_of

ODD: Final = "?"
"""Shape of a value that cannot be of its type: it is refused, so nothing is ever kept under it."""
MOST_LEVELS: Final = 64
"""More than the parser lets pass (``scope.MOST_STEPS``)."""


@dataclass(frozen=True)
class Tie:
    """A member of a row's input that holds related rows."""

    name: str
    relation: Relation
    table: View
    """Where it leads."""
    data: str
    """Name of its member that holds the rows."""
    given: GraphQLInputType
    """Type of that member."""
    conflict: str | None
    """Name of its member ``on_conflict``."""

    @property
    def rows(self) -> GraphQLInputObjectType:
        """Type of the related rows."""
        named = get_named_type(self.given)
        assert isinstance(named, GraphQLInputObjectType)  # noqa: S101 - see schema.inserts
        return named


def ties_of(type_: GraphQLInputObjectType) -> dict[str, Tie]:
    """The ties of an input type, by name."""
    return {
        name: tie_of(name, meaning, get_named_type(field.type))
        for name, field in type_.fields.items()
        if isinstance(meaning := meaning_of(field), RelatedRows)
    }


def tie_of(name: str, meaning: RelatedRows, type_: Any) -> Tie:
    """A tie.

    :param type_: the input type of its related rows.
    """
    members = {meaning_of(field): (member, field.type) for member, field in type_.fields.items()}
    data, given = members[Part("data")]
    conflict, _ = members.get(Part("on_conflict"), (None, None))
    return Tie(name, meaning.relation, meaning.table, data, given, conflict)


def outline(row: object, ties: Mapping[str, Tie]) -> Hashable:
    """The names of a row's members and, of its related rows, which members they have and what a conflict does.

    The outline of a row without related rows is the tuple of its names.
    """
    if not isinstance(row, dict):
        return ODD
    names = tuple(row)
    if ties.keys().isdisjoint(names):
        return names
    parts = tuple([_tied(row[name], ties[name]) for name in names if name in ties])
    return ODD if ODD in parts else (names, parts)


def _tied(value: object, tie: Tie) -> Hashable:
    if value is None:
        return None
    if not isinstance(value, dict):
        return ODD
    data = value.get(tie.data)
    if not isinstance(data, dict) and not (tie.relation.to_many and isinstance(data, list)):
        return ODD
    conflict = value.get(tie.conflict) if tie.conflict is not None else None
    return tuple(value), repr(conflict)


@dataclass(frozen=True, eq=False)
class RowMeasure:
    """Measure of the rows of an input type (``parse.shape``): the outlines that are there, in no order."""

    ties: Mapping[str, Tie]
    others: "Callable[[GraphQLInputObjectType], RowMeasure]"
    """The measures of other input types of rows."""

    def __call__(self, value: Any, level: int = 0) -> Hashable:
        """Shape of a row, or of a list of them; both are the same, since a row is a list of one (section 3)."""
        if value is None:
            return None
        rows = value if isinstance(value, list) else [value]
        if level > MOST_LEVELS or set(map(type, rows)) - {dict}:
            return ODD
        names = frozenset(map(tuple, rows))
        if all(map(self.ties.keys().isdisjoint, names)):
            return names
        groups: dict[Hashable, list[Mapping[str, Any]]] = {}
        for row in rows:
            groups.setdefault(outline(row, self.ties), []).append(row)
        return frozenset([(line, *self._below(line, group, level)) for line, group in groups.items()])

    def _below(self, line: Hashable, group: Sequence[Mapping[str, Any]], level: int) -> Iterator[Hashable]:
        first = group[0] if line != ODD else {}
        for tie in (self.ties[name] for name, value in first.items() if name in self.ties and value is not None):
            related: list[Any] = []
            for row in group:
                data = row[tie.name][tie.data]
                related += data if isinstance(data, list) else [data]
            yield self.others(tie.rows)(related, level + 1)
