"""Bodies of changes: the values that they bring, and the change that they make of a form.

A body is taken apart into layout and values, so that a change of a layout that was met before is not planned again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gemel.errors import RequestError
from gemel.request import Assign, ColumnRef, Delete, Expect, Insert, Mutation, NewRow, RowShape, Slot, Update, Write
from gemel_rest.parse.body import Row, body_of, invalid_body
from gemel_rest.parse.form import Form, Layout
from gemel_rest.parse.model import Values
from gemel_rest.parse.read import KEY
from gemel_rest.parse.single import row_of_put


@dataclass(frozen=True, slots=True)
class Change:
    """What a body says."""

    layout: Layout
    """POST and PUT: the columns of each kind of row. PATCH: the columns set, and those that take their default."""
    values: Values


NOTHING = Change((), ())


def read_change(form: Form, rows: list[Row]) -> Change:
    """The body of a change, from its rows.

    :raises RequestError: it does not fit.
    """
    match form.shape.verb:
        case "POST":
            return _rows(form, rows)
        case "PUT":
            return _only_row(form, rows)
        case "PATCH":
            return _assigned(form, rows)
        case "DELETE":
            return NOTHING


def mutation_of(form: Form, layout: Layout) -> Mutation:
    """The change that bodies of a layout make; their values stand behind those of the form.

    :raises RequestError: all rows would be changed, and that is not allowed.
    """
    return Mutation((*_expected(form), _write(form, layout)))


def _expected(form: Form) -> tuple[Expect, ...]:
    return (Expect(form.source, form.where, Slot(len(form.values))),) if form.expects == "seen" else ()


def _write(form: Form, layout: Layout) -> Write:
    first = form.first
    match form.shape.verb:
        case "POST" | "PUT":
            shapes = tuple(RowShape(tuple(_written(name) for name in names)) for names in layout)
            rows, conflict = Slot(first), form.conflict
            return Insert(KEY, form.source, shapes, rows, conflict, form.returning, form.exactly)
        case "PATCH":
            names, defaults = layout
            given = [Assign(_written(name), "set", Slot(first + at)) for at, name in enumerate(names)]
            given += [Assign(_written(name), "default", None) for name in defaults]
            if given:
                _check_restricted(form, "UPDATE")
            elif form.own is not None:
                given = [Assign(_written(form.own[0]), "set", Slot(first))]
            set_ = tuple(given)
            returning, exactly, most = form.returning, form.exactly, form.most
            return Update(KEY, form.source, form.where, set_, returning=returning, exactly=exactly, most=most)
        case "DELETE":
            _check_restricted(form, "DELETE")
            return Delete(KEY, form.source, form.where, form.returning, form.exactly, form.most)


def _check_restricted(form: Form, statement: str) -> None:
    if form.where is None and form.refuses_all:
        raise RequestError("21000", f"{statement} requires a WHERE clause")


def _rows(form: Form, given: list[Row]) -> Change:
    """Rows by their columns: where rows do not fill each other's, each set of columns is a kind of its own."""
    body = body_of(given, uniform=form.columns is None)
    names = body.keys if form.columns is None else form.columns
    if not form.fills:
        rows = tuple([NewRow(0, tuple([row.get(name) for name in names])) for row in body.rows])
        return Change((names,) if rows else (), (rows,))
    layout: dict[tuple[str, ...], int] = {}
    rows = tuple(_filled(names, body.rows, layout))
    return Change(tuple(layout), (rows,))


def _filled(names: tuple[str, ...], rows: Iterable[Row], layout: dict[tuple[str, ...], int]) -> Iterator[NewRow]:
    for row in rows:
        given = tuple(name for name in names if name in row)
        yield NewRow(layout.setdefault(given, len(layout)), tuple([row[name] for name in given]))


def _only_row(form: Form, given: list[Row]) -> Change:
    """A row is inserted, or takes the values given (section 16)."""
    body = body_of(given, uniform=form.columns is None)
    names = body.keys if form.columns is None else form.columns
    every = form.columns is not None
    rows: list[Row] = [{name: row.get(name) for name in names if every or name in row} for row in body.rows]
    if form.put is not None:
        rows = [row_of_put(rows, form.put, complete=form.shape.item)]
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return Change((names,), (tuple(NewRow(0, tuple([row.get(name) for name in names])) for row in rows),))


def _assigned(form: Form, given: list[Row]) -> Change:
    body = body_of(given, uniform=form.columns is None)
    if len(body.rows) > 1:
        raise invalid_body("Empty or invalid json", "PATCH takes one object, or an array that holds one.")
    row = body.rows[0] if body.rows else {}
    names = (body.keys if form.columns is None else form.columns) if row else ()
    defaults = tuple(name for name in names if form.fills and name not in row)
    set_ = tuple(name for name in names if name not in defaults)
    values = tuple([row.get(name) for name in set_])
    if not names and form.own is not None:  # an item that stays as it is is looked for and given all the same
        values = (form.own[1],)
    return Change((set_, defaults), values)


def _written(name: str) -> ColumnRef:
    return ColumnRef(name, at=(name,))
