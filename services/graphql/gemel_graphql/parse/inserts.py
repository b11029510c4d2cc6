"""Rows to be inserted, nested ones, and what is done where they are there already (section 9.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemel.catalog import Column, Table
from gemel.errors import Location
from gemel.request import ColumnRef, Conflict, Link, NestedInsert, NewRow, RowShape, Slot
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.readers import value_reader
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.scope import Extract, Scope, Variables
from gemel_graphql.schema.meaning import RelatedRows, meaning_of

Cell = tuple[Extract | None, object]
"""How a value is taken out of the variables, or the value itself."""


@dataclass(frozen=True)
class _Row:
    """How a row is made of the variables."""

    shape: int
    cells: tuple[Cell, ...]
    nested: tuple[tuple["_Row", ...], ...]
    at: Location

    def make(self, variables: Variables) -> NewRow:
        """The row."""
        values = tuple([value if extract is None else extract(variables) for extract, value in self.cells])
        return NewRow(self.shape, values, tuple([make_all(rows, variables) for rows in self.nested]), self.at)


def make_all(rows: Sequence[_Row], variables: Variables) -> tuple[NewRow, ...]:
    """Rows, in order."""
    return tuple([row.make(variables) for row in rows])


@dataclass(frozen=True)
class Inserted:
    """Rows of one list."""

    shapes: tuple[RowShape, ...]
    rows: tuple[_Row, ...]

    def slot(self, scope: Scope) -> Slot:
        """A slot that holds them."""
        rows = self.rows
        return scope.extracted(lambda variables: make_all(rows, variables))


def inserted(items: Sequence[Given]) -> Inserted:
    """Rows to be inserted; those with the same columns have one shape.

    :raises RequestError: a value does not fit, or a column is already determined by a related row.
    """
    shapes: dict[RowShape, int] = {}
    rows = []
    for item in items:
        shape, cells, nested = _row(item)
        rows.append(_Row(shapes.setdefault(shape, len(shapes)), cells, nested, item.at))
    return Inserted(tuple(shapes), tuple(rows))


def _row(item: Given) -> tuple[RowShape, tuple[Cell, ...], tuple[tuple[_Row, ...], ...]]:
    columns: list[ColumnRef] = []
    cells: list[Cell] = []
    nested: list[NestedInsert] = []
    below: list[tuple[_Row, ...]] = []
    for _, field, value in item.members():
        meaning = meaning_of(field)
        if isinstance(meaning, RelatedRows):
            found = _nested(meaning, value)
            if found is not None:
                nested.append(found[0])
                below.append(found[1])
            continue
        columns.append(ColumnRef(meaning.column.name, at=value.at))
        cells.append(_cell(meaning.column, value))
    _check_determined(item, columns, nested)
    return RowShape(tuple(columns), tuple(nested)), tuple(cells), tuple(below)


def _cell(column: Column, value: Given) -> Cell:
    """A null is written as such, where the column takes it (section 9.1)."""
    if value.is_null:
        if not column.nullable:
            raise value.unexpected_null()
        return None, None
    scope = value.scope
    value.slot(value_reader(value.type, column.type))
    return scope.extracts.pop(), scope.constants.pop()  # it stands in the slot of the rows


def _nested(meaning: RelatedRows, value: Given) -> tuple[NestedInsert, tuple[_Row, ...]] | None:
    if value.is_null:
        return None
    parts = value.parts()
    data = parts["data"]
    rows = inserted(data.elements() if meaning.relation.to_many else [data])
    if not rows.rows:
        return None
    link = Link(meaning.relation.name, at=value.at)
    far = {there for _, there in meaning.relation.pairs} if not meaning.relation.forward else set()
    for shape, row in ((rows.shapes[row.shape], row) for row in rows.rows):
        for ref in shape.columns:
            if ref.name in far:
                told = "columns as their values are already being determined by parent insert"
                raise refuse(f'cannot insert "{ref.name}" {told}', row.at)
    return NestedInsert(link, rows.shapes, conflict(meaning.table, parts)), rows.rows


def _check_determined(item: Given, columns: Sequence[ColumnRef], nested: Sequence[NestedInsert]) -> None:
    relations = {
        meaning.relation.name: meaning.relation
        for field in item.type.fields.values()
        if isinstance(meaning := meaning_of(field), RelatedRows)
    }
    for one in nested:
        relation = relations[one.link.name]
        near = {here for here, _ in relation.pairs} if relation.forward else set()
        for ref in columns:
            if ref.name in near:
                told = f'as "{ref.name}" column values are already determined'
                raise refuse(f'cannot insert object relationship "{relation.name}" {told}', item.at)


def conflict(table: Table, given: Mapping[str, Given]) -> Conflict | None:
    """``on_conflict``.

    :raises RequestError: a constraint or a column is not there.
    """
    asked = given.get("on_conflict")
    if asked is None or asked.is_null:
        return None
    parts = asked.parts()
    constraint = str(parts["constraint"].word().value)
    update = parts.get("update_columns")
    words = [item.word() for item in update.elements()] if update is not None and not update.is_null else []
    columns = tuple(ColumnRef(meaning_of(word).column.name, at=asked.at) for word in words if meaning_of(word))
    where = parts.get("where")
    chosen = condition(where) if where is not None and not where.is_null else None
    return Conflict(constraint, columns, chosen, at=asked.at)
