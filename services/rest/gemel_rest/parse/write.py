"""Changes: POST, PATCH, PUT and DELETE of tables and items (``docs/dialects/rest.md`` sections 2 and 14 to 16).

What a change is without its body is its form; ``change.py`` reads the body.
"""

from collections.abc import Mapping
from typing import Literal

from gemel.catalog import View
from gemel.errors import RequestError
from gemel.request import AllColumns, ColumnRef, Condition, Conflict, Select, Source
from gemel_rest.parse.accept import Media, parse_accept
from gemel_rest.parse.build import Builder, columns_of
from gemel_rest.parse.columns import parse_columns
from gemel_rest.parse.conditional import Expects, expected
from gemel_rest.parse.form import Form
from gemel_rest.parse.model import WriteShape
from gemel_rest.parse.path import Resource
from gemel_rest.parse.prefer import Preferences, parse_prefer
from gemel_rest.parse.query import Parameters, parse_query
from gemel_rest.parse.read import is_singular, key_condition, key_of_item
from gemel_rest.parse.rules import Rules, kept, schema_of
from gemel_rest.parse.single import key_of_put
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
    """One form in the making."""

    def __init__(self, rules: Rules, verb: Verb, resource: Resource, query: bytes, headers: Mapping[str, str]) -> None:
        self.rules, self.verb, self.resource = rules, verb, resource
        self.is_item = resource.kind == "item"
        self.schema, self.profile = schema_of(rules, verb, headers)
        self.preferences: Preferences = parse_prefer(headers.get("prefer", ""))
        self.media: Media = parse_accept(headers.get("accept", ""))
        self.content_type = headers.get("content-type", "")
        self.parameters: Parameters = parse_query(query)
        self.table: View | None = rules.views.tables.get((self.schema, resource.name))
        self.root: Node = parse_tree(rules, self.table, self.parameters)
        self.expects: Expects | None = expected(verb, resource, headers)
        self.builder = Builder(most=None, strip_nulls=self.media.strip_nulls, aggregates=rules.aggregates)

    def form(self) -> Form:
        self._check()
        changes = self.verb in ("PATCH", "DELETE")
        named, safe = self.parameters.columns, self.rules.safe_writes
        return Form(
            shape=self._shape(),
            source=Source(self.schema, self.resource.name),
            content_type=self.content_type,
            columns=None if named is None else parse_columns("columns", named),
            fills=self.preferences.chosen.get("missing") == "default" and self.verb != "PUT",
            conflict=self._conflict(),
            put=self._key_of_put() if self.verb == "PUT" else None,
            own=self._own() if self.verb == "PATCH" else None,
            where=self._where() if changes or self.expects is not None else None,
            refuses_all=safe and not self.is_item,
            returning=self._returning(),
            exactly=self._exactly(),
            most=self.preferences.max_affected if changes else None,
            expects=self.expects,
            values=tuple(self.builder.values),
            keep=kept(self.rules, self.preferences.chosen.get("tx")),
        )

    def _check(self) -> None:
        if self.table is not None and not self.table.writable:
            raise RequestError("PGRST117", f"Unsupported HTTP method: {self.verb}", status=405)
        # A PUT and an item say themselves what they do not take.
        plain = self.verb in ("PATCH", "DELETE") and not self.is_item
        if plain and self.parameters.is_paged:
            # To ignore a limit would change rows that the client did not mean.
            raise not_implemented(f"limit, offset, first and after are not implemented for {self.verb}.")

    def _conflict(self) -> Conflict | None:
        """Of an upsert (section 14): by the columns named, else by the primary key, as every PUT that may change."""
        if self.verb == "PUT":
            return None if self.expects == "absent" else Conflict(None, None)
        if not self._upserts:
            return None
        named = self.parameters.on_conflict
        key = None
        if named is not None:
            key = tuple(ColumnRef(name, at=(name,)) for name in parse_columns("on_conflict", named))
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

    def _key_of_put(self) -> Mapping[str, str] | None:
        if self.table is None:
            return None
        return key_of_put(self.table, self.resource, self.root.conditions, self.parameters)

    def _own(self) -> tuple[str, str] | None:
        if not self.is_item or self.table is None:
            return None
        names, values = key_of_item(self.table, self.resource, self.parameters)
        return names[0], values[0]

    def _where(self) -> Condition | None:
        if self.is_item:
            return key_condition(self.builder, self.table, self.resource, self.parameters)
        return self.builder.own_where(self.root)

    def _returning(self) -> tuple[Select, ...]:
        if self.preferences.returns != "representation":
            return ()
        asked = self.builder.select(self.root, whole=True)
        tagged = self.is_item and self.verb != "DELETE"
        return (asked, Select((AllColumns(),))) if tagged else (asked,)

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
            key_name=key.name if key is not None else None,
            merges=self._merges,
        )

    def _honoured(self) -> frozenset[str]:
        unheard = frozenset() if self.preferences.strict else frozenset({"max-affected"})
        upserts = frozenset({"resolution"}) if self._upserts else frozenset()
        return (APPLIED[self.verb] | upserts | self.rules.tx) - unheard


def parse_write(rules: Rules, verb: Verb, resource: Resource, query: bytes, headers: Mapping[str, str]) -> Form:
    """The form of the change that a POST, PATCH, PUT or DELETE makes.

    :param resource: a table or an item.
    :param headers: by lower-case name.
    :raises RequestError, NotEmbedded: it is not well formed.
    """
    return _Writer(rules, verb, resource, query, headers).form()
