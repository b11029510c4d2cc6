"""Rows to be inserted, and those nested in them (``docs/dialects/graphql.md`` section 9.2)."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type

from gemel.catalog import Column
from gemel.errors import Location, RequestError
from gemel.request import ColumnRef, Conflict, Link, NestedInsert, NewRow, RowShape
from gemel_graphql.parse.conflicts import conflict
from gemel_graphql.parse.given import Cell, Given, Json, json_reader
from gemel_graphql.parse.outline import ODD, Tie, outline, ties_of
from gemel_graphql.parse.readers import Reader, value_reader
from gemel_graphql.parse.refuse import mismatch, null_value, refuse
from gemel_graphql.parse.scope import Variables
from gemel_graphql.schema.meaning import RelatedRows, meaning_of

NewRows = tuple[NewRow, ...]
Maker = Callable[[Variables], NewRows]
"""Makes rows of the variables of a request."""


@dataclass(frozen=True)
class Layout:
    """How a row inside a variable is read; all rows with the same outline are read alike."""

    shape: int
    cells: tuple[tuple[str, Reader], ...]
    """Names and readers of the columns, in the order of the shape's."""
    required: tuple[tuple[str, str], ...]
    """Names of the columns that may not be null, and of their types."""
    below: tuple[tuple[Tie, "Rows"], ...]

    def read(self, row: dict[str, Any], at: Location) -> NewRow:
        """The row.

        :raises RequestError: a value does not fit.
        """
        for name, type_name in self.required:
            if row[name] is None:
                raise null_value(type_name, (*at, name))
        try:  # where a value stands is found out only when it is wrong: there may be thousands of rows
            values = tuple([None if (value := row[name]) is None else read(value, at) for name, read in self.cells])
        except RequestError:
            self._tell(row, at)
            raise
        if not self.below:
            return NewRow(self.shape, values, (), at)
        return NewRow(self.shape, values, tuple([self._related(row, tie, rows, at) for tie, rows in self.below]), at)

    def _tell(self, row: dict[str, Any], at: Location) -> None:
        for name, read in self.cells:
            if row[name] is not None:
                read(row[name], (*at, name))

    def _related(self, row: dict[str, Any], tie: Tie, rows: "Rows", at: Location) -> NewRows:
        read = rows.read if tie.relation.to_many else rows.read_one
        return read(row[tie.name][tie.data], (*at, tie.name, tie.data))


@dataclass(frozen=True)
class _Related:
    """Related rows of a row, as they were given."""

    tie: Tie
    data: Given
    conflict: Conflict | None
    at: Location


@dataclass(frozen=True)
class _Below:
    """Related rows of all rows of a shape."""

    tie: Tie
    link: Link
    conflict: Conflict | None
    rows: "Rows"


@dataclass(frozen=True)
class _Shape:
    """A shape, and what hangs on it; it outlives the request that it was found in."""

    number: int
    columns: tuple[ColumnRef, ...]
    below: tuple[_Below, ...]


@dataclass(eq=False)
class Rows:
    """Rows that are inserted together: it learns their shapes while an operation is parsed, and reads those inside of
    variables then and on every later request.

    Nested rows of all rows of one shape are inserted together, so that the number of shapes is that of different sets
    of members, wherever they stand.
    """

    type: GraphQLInputObjectType
    handed: frozenset[str] = frozenset()
    """Columns that are determined by the row above."""
    above: Literal["insert", "update"] = "insert"
    """What is done to that row."""
    _ties: dict[str, Tie] = field(default_factory=dict)
    _shapes: dict[Hashable, _Shape] = field(default_factory=dict)
    _layouts: dict[Hashable, Layout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ties.update(ties_of(self.type))

    # --- parsing -------------------------------------------------------------

    def shapes(self) -> tuple[RowShape, ...]:
        """All shapes; complete when all rows have been added."""
        return tuple(
            RowShape(
                shape.columns, tuple(NestedInsert(one.link, one.rows.shapes(), one.conflict) for one in shape.below)
            )
            for shape in self._shapes.values()
        )

    def add(self, given: Given) -> Maker:
        """Add a list of rows, or a single one.

        :raises RequestError: a value does not fit, or a column is already determined by a related row.
        """
        if isinstance(given, Json):
            self._learn(given.elements())
            return given.extract(self.read)  # type: ignore[return-value]
        makers = [self.add_one(item) for item in given.elements()]
        return lambda variables: tuple([row for make in makers for row in make(variables)])

    def add_one(self, given: Given) -> Maker:
        """Add a row.

        :raises RequestError: see ``add``.
        """
        if isinstance(given, Json):
            self._learn([given])
            return given.extract(self.read_one)  # type: ignore[return-value]
        columns, related = self._members(given)
        shape = self._shape(columns, related)
        cells = [_cell(column, value) for _, column, value in columns]
        below = [
            (one.rows.add if one.tie.relation.to_many else one.rows.add_one)(found.data)
            for one, found in zip(shape.below, related, strict=True)
        ]
        number, at = shape.number, given.at

        def make(variables: Variables) -> NewRows:
            values = tuple([value if extract is None else extract(variables) for extract, value in cells])
            return (NewRow(number, values, tuple([rows(variables) for rows in below]), at),)

        return make

    def _learn(self, items: Sequence[Given]) -> None:
        """Know the rows of a variable."""
        for item in items:
            assert isinstance(item, Json)  # noqa: S101 - what is inside a variable is JSON
            line = outline(item.peek(), self._ties)
            layout = self._layouts.get(line)
            if layout is None:
                item.scope.cacheable &= line != ODD
                layout = self._layouts[line] = self._layout(item)
            for tie, rows in layout.below:
                data = item.inside(tie.given, tie.name, tie.data)
                rows._learn(data.elements() if tie.relation.to_many else [data])

    def _layout(self, item: Given) -> Layout:
        columns, related = self._members(item)
        for one in related:
            if one.conflict is not None and one.conflict.where is not None:
                # Its values stand in one of many rows, and in another request perhaps in another.
                item.scope.cacheable = False
        shape = self._shape(columns, related)
        return Layout(
            shape.number,
            tuple((name, _reader(value.type, column)) for name, column, value in columns),
            tuple((name, str(get_named_type(value.type))) for name, column, value in columns if not column.nullable),
            tuple((one.tie, one.rows) for one in shape.below),
        )

    def _members(self, given: Given) -> tuple[list[tuple[str, Column, Given]], list[_Related]]:
        """Columns and related rows, in the order of the type's members."""
        columns: list[tuple[str, Column, Given]] = []
        related: list[_Related] = []
        order = {name: number for number, name in enumerate(self.type.fields)}
        for name, member, value in sorted(given.members(), key=lambda found: order[found[0]]):
            meaning = meaning_of(member)
            if not isinstance(meaning, RelatedRows):
                columns.append((name, meaning.column, value))
            elif not value.is_null:
                parts = value.parts()
                related.append(_Related(self._ties[name], parts["data"], conflict(meaning.table, parts), value.at))
        self._check_determined(given, columns, related)
        return columns, related

    def _check_determined(
        self, given: Given, columns: Sequence[tuple[str, Column, Given]], related: Sequence[_Related]
    ) -> None:
        """:raises RequestError: a column would take its value from two places."""
        named = {column.name for _, column, _ in columns}
        if twice := ", ".join(f'"{name}"' for name in sorted(named & self.handed)):
            told = f"columns as their values are already being determined by parent {self.above}"
            raise refuse(f"cannot insert {twice} {told}", given.at)
        determined = named | self.handed
        for relation in (one.tie.relation for one in related if one.tie.relation.forward):
            near = {here for here, _ in relation.pairs}
            if twice := ", ".join(f'"{name}"' for name in sorted(near & determined)):
                told = f"as {twice} column values are already determined"
                raise refuse(f'cannot insert object relationship "{relation.name}" {told}', given.at)
            determined |= near

    def _shape(self, columns: Sequence[tuple[str, Column, Given]], related: Sequence[_Related]) -> _Shape:
        key = tuple(name for name, _, _ in columns), tuple((one.tie.name, one.conflict) for one in related)
        found = self._shapes.get(key)
        if found is None:
            refs = tuple(ColumnRef(column.name, at=value.at) for _, column, value in columns)
            below = tuple(
                _Below(
                    one.tie,
                    Link(one.tie.relation.name, at=one.at),
                    one.conflict,
                    Rows(one.tie.rows, determined(one.tie)),
                )
                for one in related
            )
            found = self._shapes[key] = _Shape(len(self._shapes), refs, below)
        return found

    # --- reading -------------------------------------------------------------

    def read(self, value: Any, at: Location) -> NewRows:
        """Rows out of a variable: a list, or a single one.

        :param value: its outlines are those of the rows that were added.
        :raises RequestError: a value does not fit.
        """
        if not isinstance(value, list):
            return self.read_one(value, at)
        layouts, new = self._layouts, []
        for number, row in enumerate(value):
            layout = layouts.get(tuple(row)) or layouts[outline(row, self._ties)]
            new.append(layout.read(row, (*at, number)))
        return tuple(new)

    def read_one(self, value: Any, at: Location) -> NewRows:
        """A row out of a variable.

        :raises RequestError: it is none (a list of one has the same outlines), or a value does not fit.
        """
        if not isinstance(value, dict):
            raise mismatch("an object", self.type.name, value, at)
        return (self._layouts[outline(value, self._ties)].read(value, at),)


def determined(tie: Tie) -> frozenset[str]:
    """Columns of related rows that take their values from the row above."""
    return frozenset() if tie.relation.forward else frozenset(far for _, far in tie.relation.pairs)


def _reader(place: GraphQLInputType, column: Column) -> Reader:
    return json_reader(place, value_reader(place, column.type))


def _cell(column: Column, value: Given) -> Cell:
    """A null is written as such, where the column takes it (section 9.1)."""
    if value.is_null:
        if not column.nullable:
            raise value.unexpected_null()
        return None, None
    return value.cell(value_reader(value.type, column.type))
