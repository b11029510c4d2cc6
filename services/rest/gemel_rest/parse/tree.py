"""The tree of a request: the table, its embeds, and the parameters of each (``docs/dialects/rest.md`` section 7)."""

from dataclasses import dataclass, field
from functools import cached_property

from gemel.apart import give_way
from gemel.catalog import Relation, View, Views
from gemel.errors import LimitExceeded, NotEmbedded, PlanError
from gemel.plan.relate import find_relation
from gemel.request import Link
from gemel_rest.parse.filters import parse_key, parse_test
from gemel_rest.parse.logic import parse_logic, parse_logic_key
from gemel_rest.parse.order import parse_order
from gemel_rest.parse.query import Parameters, Path
from gemel_rest.parse.ranges import Page, parse_first, parse_page
from gemel_rest.parse.rules import Rules
from gemel_rest.parse.select import parse_select
from gemel_rest.parse.syntax import EmbedItem, Filter, Logic, OrderTerm, SelectItem, Star, Tree
from gemel_rest.parse.text import not_implemented

MAX_EMBEDS = 64
ALWAYS_PLANNED = 2_000
"""Fields, conditions and sort keys of a request that is planned before it is held against the limit of its role."""


@dataclass(eq=False)
class Node:
    """The table (without ``item``) or an embed, with the parameters that speak of it."""

    views: Views
    items: tuple[SelectItem, ...]
    item: EmbedItem | None = None
    parent: "Node | None" = None
    own: View | None = None
    children: list["Node"] = field(default_factory=list)
    conditions: list[Tree] = field(default_factory=list)
    order: tuple[OrderTerm, ...] = ()
    page: Page = field(default_factory=Page)
    after: str | None = None
    """The cursor behind which its rows begin."""

    @cached_property
    def link(self) -> Link:
        """The relation that an embed follows."""
        assert self.item is not None  # noqa: S101 - the table itself is reached by no link
        return Link(self.item.target, self.item.hint, detect=True, at=(self.item.key,))

    @cached_property
    def relation(self) -> Relation | None:
        """What the link means; ``None`` when it means nothing, which planning will tell."""
        if self.parent is None or self.parent.table is None:
            return None
        try:
            return find_relation(self.parent.table, self.link)
        except PlanError:
            return None

    @cached_property
    def table(self) -> View | None:
        """Where the rows come from, if that is known."""
        if self.parent is None:
            return self.own
        return self.views.tables.get(self.relation.target) if self.relation is not None else None

    @property
    def is_empty(self) -> bool:
        """An embed that selects nothing, and whose embeds do not either: it adds no key."""
        plain = any(not isinstance(item, EmbedItem) for item in self.items)
        return not plain and all(child.is_empty for child in self.children)

    def child(self, name: str) -> "Node | None":
        """The embed of this alias, else of this target."""
        named = (node for node in self.children if node.item is not None and node.item.key == name)
        meant = (node for node in self.children if node.item is not None and node.item.target == name)
        return next(named, None) or next(meant, None)

    def at(self, path: Path) -> "Node":
        """The embed at the end of a path.

        :raises NotEmbedded: it is not selected.
        """
        node = self
        for name in path:
            found = node.child(name)
            if found is None:
                raise NotEmbedded(name)
            node = found
        return node


def parse_tree(rules: Rules, table: View | None, parameters: Parameters) -> Node:
    """Put the parameters of a request where they belong.

    :raises RequestError: one does not parse.
    :raises NotEmbedded: one speaks of an embed that is not selected.
    :raises LimitExceeded: it is so much larger than the role may ask for that it is not worth planning.
    """
    items = parse_select(parameters.select) if parameters.select is not None else ()
    root = Node(rules.views, items or (Star(),), own=table)
    if _add_children(root) > MAX_EMBEDS:
        raise not_implemented(f"More than {MAX_EMBEDS} embeds in a request.")
    for name, value in parameters.filters:
        path, key = parse_key(name)
        root.at(path).conditions.append(Filter(key, parse_test(value)))
    for name, value in parameters.logic:
        path, negated, operator = parse_logic_key(name)
        root.at(path).conditions.append(parse_logic(value, operator, negated))
    for path, text in parameters.orders.items():
        root.at(path).order = parse_order(text)
    for path in parameters.limits.keys() | parameters.offsets.keys() | parameters.firsts.keys():
        page = parse_page(parameters.limits.get(path), parameters.offsets.get(path))
        root.at(path).page = parse_first(page, parameters.firsts.get(path))
    for path, text in parameters.afters.items():
        root.at(path).after = text
    _check_terms(root, rules.access.limits.fields)
    return root


def _check_terms(root: Node, most: int | None) -> None:
    if most is None:
        return
    most = max(most, ALWAYS_PLANNED)
    if _terms(root) > most:
        raise LimitExceeded("fields", f"the request has more than {most} fields, conditions and sort keys")


def _terms(node: Node) -> int:
    own = len(node.items) + len(node.order) + sum(map(_tests, node.conditions))
    return own + sum(map(_terms, node.children))


def _tests(tree: Tree) -> int:
    give_way()
    return sum(map(_tests, tree.items)) if isinstance(tree, Logic) else 1


def _add_children(node: Node) -> int:
    for item in node.items:
        if isinstance(item, EmbedItem):
            node.children.append(Node(node.views, item.items, item, node))
    return len(node.children) + sum(_add_children(child) for child in node.children)
