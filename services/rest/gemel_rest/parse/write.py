"""Changes: POST, PATCH, PUT and DELETE of tables and items (``docs/dialects/rest.md`` sections 2 and 14 to 16)."""

from collections.abc import Mapping
from typing import Literal

from gemel.catalog import Table
from gemel.errors import RequestError
from gemel.request import (
    Assign,
    ColumnRef,
    Condition,
    Conflict,
    Delete,
    Insert,
    Mutation,
    NewRow,
    RowShape,
    Select,
    Source,
    Update,
    Write,
)
from gemel_rest.parse.accept import Media, parse_accept
from gemel_rest.parse.body import Body, Row, invalid_body, parse_body
from gemel_rest.parse.build import Builder, columns_of
from gemel_rest.parse.columns import parse_columns
from gemel_rest.parse.model import WriteCall, WriteShape
from gemel_rest.parse.path import Resource
from gemel_rest.parse.prefer import Preferences, parse_prefer
from gemel_rest.parse.query import Parameters, parse_query
from gemel_rest.parse.read import KEY, is_singular, key_condition, key_of_item
from gemel_rest.parse.rules import Rules, kept, schema_of
from gemel_rest.parse.single import key_of_put, row_of_put
from gemel_rest.parse.text import not_implemented
from gemel_rest.parse.tree import Node, parse_tree

Verb = Literal["POST", "PATCH", "PUT", "DELETE"]

APPLIED = {
    "POST": frozenset({"missing", "return", "count", "handling"}),
    "PATCH": frozenset({"missing", "return", "count", "handling", "max-affected"}),
    "PUT": frozenset({"return", "count", "handling"}),
    "DELETE": frozenset({"return", "count", "handling", "max-affected"}),
}


class _Writer:
    """One change in the making."""

    def __init__(self, rules: Rules, verb: Verb, resource: Resource, query: bytes, headers: Mapping[str, str]) -> None:
        self.rules, self.verb, self.resource = rules, verb, resource
        self.is_item = resource.kind == "item"
        self.schema, self.profile = schema_of(rules, verb, headers)
        self.preferences: Preferences = parse_prefer(headers.get("prefer", ""))
        self.media: Media = parse_accept(headers.get("accept", ""))
        self.content_type = headers.get("content-type", "")
        self.parameters: Parameters = parse_query(query)
        self.table: Table | None = rules.catalog.tables.get((self.schema, resource.name))
        self.root: Node = parse_tree(rules.catalog, self.table, self.parameters)
        self.builder = Builder(most=None, strip_nulls=self.media.strip_nulls, aggregates=rules.aggregates)
        self.source = Source(self.schema, resource.name)

    def call(self, raw: bytes) -> WriteCall:
        self._check()
        match self.verb:
            case "POST":
                write: Write = self._insert(raw)
            case "PATCH":
                write = self._update(raw)
            case "PUT":
                write = self._put(raw)
            case "DELETE":
                write = self._delete()
        keep = kept(self.rules, self.preferences.chosen.get("tx"))
        return WriteCall(Mutation((write,)), tuple(self.builder.values), self._shape(), keep)

    def _check(self) -> None:
        if self.table is not None and not self.table.writable:
            raise RequestError("PGRST117", f"Unsupported HTTP method: {self.verb}", status=405)
        # A PUT and an item say themselves what they do not take.
        plain = self.verb in ("PATCH", "DELETE") and not self.is_item
        if plain and self.parameters.is_paged:
            # To ignore a limit would change rows that the client did not mean.
            raise not_implemented(f"limit, offset, first and after are not implemented for {self.verb}.")

    def _insert(self, raw: bytes) -> Insert:
        columns = self._columns()
        body = parse_body(raw, self.content_type, uniform=columns is None)
        names = body.keys if columns is None else columns
        shapes: dict[tuple[str, ...], int] = {}
        rows = tuple(self._row(names, row, shapes) for row in body.rows)
        return Insert(
            KEY,
            self.source,
            tuple(RowShape(tuple(_written(name) for name in shape)) for shape in shapes),
            self.builder.slot(rows),
            self._conflict(),
            self._returning(),
            self._exactly(),
        )

    def _row(self, names: tuple[str, ...], row: Row, shapes: dict[tuple[str, ...], int]) -> NewRow:
        if self.preferences.chosen.get("missing") == "default":
            names = tuple(name for name in names if name in row)
        return NewRow(shapes.setdefault(names, len(shapes)), tuple([row.get(name) for name in names]))

    def _conflict(self) -> Conflict | None:
        """Of an upsert (section 14): by the columns named, else by the primary key."""
        if not self._upserts:
            return None
        named = self.parameters.on_conflict
        key = None if named is None else tuple(_written(name) for name in parse_columns("on_conflict", named))
        return Conflict(key, None if self._merges else ())

    @property
    def _upserts(self) -> bool:
        """Without a key to meet it is a plain insert."""
        keyed = self.table is not None and self.table.primary_key is not None
        asked = self.verb == "POST" and "resolution" in self.preferences.chosen
        return asked and (keyed or self.parameters.on_conflict is not None)

    @property
    def _merges(self) -> bool:
        return self._upserts and self.preferences.chosen["resolution"] == "merge-duplicates"

    def _put(self, raw: bytes) -> Insert:
        """A row is inserted, or takes the values given (section 16)."""
        columns = self._columns()
        body = parse_body(raw, self.content_type, uniform=columns is None)
        names = body.keys if columns is None else columns
        rows = [{name: row.get(name) for name in names if columns is not None or name in row} for row in body.rows]
        if self.table is not None:
            key = key_of_put(self.table, self.resource, self.root.conditions, self.parameters)
            rows = [row_of_put(rows, key, complete=self.is_item)]
        names = tuple(dict.fromkeys(name for row in rows for name in row))
        shape = RowShape(tuple(_written(name) for name in names))
        new = tuple(NewRow(0, tuple([row.get(name) for name in names])) for row in rows)
        slot = self.builder.slot(new)
        return Insert(KEY, self.source, (shape,), slot, Conflict(None, None), self._returning(), self._exactly())

    def _update(self, raw: bytes) -> Update:
        columns = self._columns()
        body = parse_body(raw, self.content_type, uniform=columns is None)
        assignments = self._assignments(columns, body) or self._unchanged()
        where = self._where("UPDATE", harmless=not assignments)
        most = self.preferences.max_affected
        returning, exactly = self._returning(), self._exactly()
        return Update(KEY, self.source, where, assignments, returning=returning, exactly=exactly, most=most)

    def _assignments(self, columns: tuple[str, ...] | None, body: Body) -> tuple[Assign, ...]:
        if len(body.rows) > 1:
            raise invalid_body("Empty or invalid json", "PATCH takes one object, or an array that holds one.")
        if not body.rows or not body.keys:
            return ()
        row = body.rows[0]
        names = body.keys if columns is None else columns
        defaults = self.preferences.chosen.get("missing") == "default"
        return tuple(
            Assign(_written(name), "default", None)
            if defaults and name not in row
            else Assign(_written(name), "set", self.builder.slot(row.get(name)))
            for name in names
        )

    def _unchanged(self) -> tuple[Assign, ...]:
        """An item of which nothing is changed is looked for and given all the same."""
        if not self.is_item or self.table is None:
            return ()
        names, values = key_of_item(self.table, self.resource, self.parameters)
        return (Assign(_written(names[0]), "set", self.builder.slot(values[0])),)

    def _delete(self) -> Delete:
        where = self._where("DELETE", harmless=False)
        return Delete(KEY, self.source, where, self._returning(), self._exactly(), self.preferences.max_affected)

    def _where(self, statement: str, *, harmless: bool) -> Condition | None:
        if self.is_item:
            return key_condition(self.builder, self.table, self.resource, self.parameters)
        where = self.builder.own_where(self.root)
        if where is None and self.rules.safe_writes and not harmless:
            raise RequestError("21000", f"{statement} requires a WHERE clause")
        return where

    def _columns(self) -> tuple[str, ...] | None:
        return None if self.parameters.columns is None else parse_columns("columns", self.parameters.columns)

    def _returning(self) -> tuple[Select, ...]:
        wanted = self.preferences.returns == "representation"
        return (self.builder.select(self.root, whole=True),) if wanted else ()

    def _exactly(self) -> int | None:
        return 1 if self.media.form == "object" or (self.is_item and self.verb != "PUT") else None

    def _shape(self) -> WriteShape:
        key = self.table.primary_key if self.table is not None else None
        returns = self.preferences.returns
        return WriteShape(
            media=self.media,
            singular=is_singular(self.media, self.resource),
            item=self.is_item,
            columns=columns_of(self.root) if self.media.form == "csv" else None,
            preferences=self.preferences.applied(self._honoured()),
            profile=self.profile,
            verb=self.verb,
            returns=returns,
            count=self.preferences.count in ("exact", "estimated"),
            path=self.resource.path,
            key=key.columns if key is not None else (),
            merges=self._merges,
        )

    def _honoured(self) -> frozenset[str]:
        unheard = frozenset() if self.preferences.strict else frozenset({"max-affected"})
        upserts = frozenset({"resolution"}) if self._upserts else frozenset()
        chosen = frozenset({"tx"}) if self.rules.tx_override else frozenset()
        return (APPLIED[self.verb] | upserts | chosen) - unheard


def parse_write(
    rules: Rules, verb: Verb, resource: Resource, query: bytes, headers: Mapping[str, str], body: bytes
) -> WriteCall:
    """The change that a POST, PATCH, PUT or DELETE makes.

    :param resource: a table or an item.
    :param headers: by lower-case name.
    :raises RequestError, NotEmbedded: it is not well formed.
    """
    return _Writer(rules, verb, resource, query, headers).call(body)


def _written(name: str) -> ColumnRef:
    return ColumnRef(name, at=(name,))
