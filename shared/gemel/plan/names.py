"""Resolve names: tables, columns and relations, for a role."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from gemel.apart import hold
from gemel.catalog import Column, Kind, Table, Verb, View
from gemel.catalog.types import DOCUMENTS, simple
from gemel.errors import Denied, Location, Mismatch, UnknownColumn, UnknownTable
from gemel.plan.model import CLAIMS, All, Hop, Rule, Test, Use
from gemel.plan.relate import find_relation
from gemel.plan.write_model import Preset
from gemel.policy import Access
from gemel.request import ColumnRef, Link, Slot, Source

ALIKE = 0.75
"""Similarity from which on a name is suggested (``rest.md`` section 27)."""


@dataclass(frozen=True)
class Scope:
    """What a role may name, and which rows are there for it: the one place that plans ask policies."""

    access: Access

    def table(self, source: Source, verb: Verb) -> View:
        """The table, as the role sees it.

        :raises UnknownTable: there is none of this name.
        :raises Denied: the role may not do ``verb`` to it.
        """
        key = (source.schema, source.table)
        whole = self.access.catalog.tables.get(key)
        if whole is None:
            names = [name for schema, name in self.access.views.tables if schema == source.schema]
            near = difflib.get_close_matches(source.table, names, 1, ALIKE)
            raise UnknownTable(source.schema, source.table, next(iter(near), None), at=source.at)
        if self.access.grant(whole, verb) is None:
            raise Denied(whole.name, verb, at=source.at)
        return self.access.views.tables[key]

    def whole(self, view: View) -> Table:
        """All of a table, for the plan."""
        return self.access.whole(view)

    def visible(self, view: View, verb: Verb = "select") -> Rule | None:
        """Which rows there are for the role to do ``verb`` to; ``None``: all."""
        grant = self.access.grant(view, verb)
        if grant is None:
            raise Denied(view.name, verb)
        return Rule(grant.rows) if grant.rows is not None else None

    def changed(self, view: View, verb: Verb) -> Test | None:
        """Which rows there are for the role to change: of those that it may change the ones that it may read, for
        what is found by a condition would tell of the others."""
        readable = self.visible(view) if self.access.grant(view, "select") is not None else None
        return both(self.visible(view, verb), readable)

    def check(self, view: View, verb: Verb) -> Rule | None:
        """What a row has to meet once it is written."""
        grant = self.access.grant(view, verb)
        return Rule(grant.check) if grant is not None and grant.check is not None else None

    def presets(self, view: View, verb: Verb) -> tuple[Preset, ...]:
        """What is written whatever the client says."""
        return tuple(Preset(column, value) for column, value in self.access.presets(view, verb))

    def most(self, view: View) -> int | None:
        """Most rows of a list: by the policy, and by the limits of the role."""
        grant = self.access.grant(view, "select")
        both = (grant.limit if grant is not None else None, self.access.limits.page)
        return min((limit for limit in both if limit is not None), default=None)

    def hop(self, table: View, link: Link) -> Hop:
        """The relation of ``table`` that the link names, and where it leads.

        :raises UnknownRelation, AmbiguousRelation: none fits, or several do.
        """
        relation = find_relation(table, link)
        schema, name = relation.target
        there = self.table(Source(schema, name, link.at), "select")
        return Hop(relation, self.whole(there), self.visible(there))

    def seen(self, hop: Hop) -> View:
        """Where a step leads, as the role sees it."""
        return self.access.views.tables[hop.table.key]


def both(one: Test | None, other: Test | None) -> Test | None:
    """A row has to meet both, which may be one and the same."""
    tests = tuple(dict.fromkeys(test for test in (one, other) if test is not None))
    return All(tests) if len(tests) > 1 else next(iter(tests), None)


def aggregated(view: View, location: Location = ()) -> None:
    """Whether something may be computed over the rows of a table.

    :raises Denied: a policy does not allow it.
    """
    if not view.aggregates:
        raise Denied(view.name, "aggregate", at=location)


def slot_of(slot: Slot) -> int:
    """Where the value of a slot stands when a statement is run."""
    return CLAIMS + 1 + slot.index


def column_of(table: View, ref: ColumnRef, among: Mapping[str, Column] | None = None) -> Column:
    """The column.

    :param among: columns that may be written; without it, those that may be read.
    :raises UnknownColumn: the table has none of this name.
    """
    column = (table.columns if among is None else among).get(ref.name)
    if column is None:
        raise UnknownColumn(table.name, ref.name, among is not None, at=ref.at)
    return column


def use_of(table: View, ref: ColumnRef) -> Use:
    """The column, or the place in its document.

    :raises UnknownColumn: the table has none of this name.
    :raises Mismatch: a path into something that is no document.
    """
    column = column_of(table, ref)
    if not ref.path:
        as_text = ref.as_text and column.type.kind is Kind.JSONB
        return hold(Use(column, (), as_text, simple(Kind.TEXT) if as_text else column.type))
    if column.type.kind not in DOCUMENTS | {Kind.ARRAY, Kind.OTHER}:
        text = f"column {table.name}.{column.name} is {column.type.name}, which has no places inside"
        raise Mismatch("json-path", text, table.name, column.name, at=ref.at)
    return hold(Use(column, ref.path, ref.as_text, simple(Kind.TEXT if ref.as_text else Kind.JSONB)))
