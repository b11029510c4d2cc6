"""From the tree to the dialect-free request. What the dialect leaves unsaid is said here (decisions, 5)."""

from collections.abc import Iterator
from dataclasses import replace

from gemel.catalog import Kind
from gemel.errors import NotEmbedded, RequestError
from gemel.request import (
    AllColumns,
    And,
    ColumnField,
    ColumnRef,
    Compare,
    Computed,
    Condition,
    Cursor,
    Embed,
    Field,
    Not,
    Operator,
    Or,
    OrderColumn,
    Related,
    Rows,
    Select,
    Slot,
    Written,
)
from gemel_rest.parse.array import parse_array
from gemel_rest.parse.syntax import FieldName, Filter, Item, OrderTerm, RowCount, RowCursor, Star, Test, Tree
from gemel_rest.parse.tree import Node

PATTERNS = frozenset({Operator.LIKE, Operator.ILIKE})


class Builder:
    """Makes requests of trees, and collects the values that they refer to."""

    def __init__(self, *, most: int | None, strip_nulls: bool, aggregates: bool) -> None:
        """
        :param most: cap of the rows of every list.
        :param aggregates: whether aggregate functions may be used.
        """
        self.values: list[object] = []
        self._most = most
        self._strip_nulls = strip_nulls
        self._aggregates = aggregates
        self._conditions: dict[Node, Condition | None] = {}

    def slot(self, value: object) -> Slot:
        """Keep a value and give its place."""
        self.values.append(value)
        return Slot(len(self.values) - 1)

    # --- what of each row ----------------------------------------------------

    def select(self, node: Node, *, whole: bool = False) -> Select:
        """Rows of a table or embed.

        :param whole: of rows that were written: the conditions, the page and the cap do not apply.
        """
        order = tuple(self._order(node, term) for term in node.order)
        if whole:
            return Select(tuple(self._fields(node)), Rows(order=order), self._strip_nulls)
        rows = Rows(
            where=self.where(node),
            order=order,
            limit=None if node.page.limit is None else self.slot(node.page.limit),
            offset=None if node.page.offset is None else self.slot(node.page.offset),
            most=self._most,
            after=None if node.after is None else self.slot(node.after),
        )
        return Select(tuple(self._fields(node)), rows, self._strip_nulls)

    def _fields(self, node: Node) -> Iterator[Field]:
        yield from _once(list(self._plain(node)), node)
        for child in node.children:
            item = child.item
            if item is None or child.is_empty:
                continue
            yield Embed(item.key, child.link, self.select(child), item.spread)

    def _plain(self, node: Node) -> Iterator[Field]:
        for item in node.items:
            match item:
                case Star():
                    yield AllColumns()
                case RowCount(alias, after):
                    self._allow_aggregates()
                    yield Computed(alias or "count", "count", after=after)
                case RowCursor(alias):
                    yield Cursor(alias or "cursor")
                case Item() if item.aggregate is not None:
                    self._allow_aggregates()
                    key = item.alias or item.aggregate
                    yield Computed(key, item.aggregate, column(item.field), item.cast, item.after)
                case Item() if _is_old_count(item, node):
                    yield Computed(item.alias or "count", "count", after=item.cast)
                case Item():
                    yield ColumnField(item.alias or _key_of(item.field), column(item.field), item.cast)

    def _allow_aggregates(self) -> None:
        if not self._aggregates:
            raise RequestError("PGRST123", "Use of aggregate functions is not allowed")

    # --- which rows ----------------------------------------------------------

    def where(self, node: Node) -> Condition | None:
        """All conditions on the rows of a node, those of its inner embeds among them."""
        if node not in self._conditions:
            own = [self._tree(node, item) for item in node.conditions]
            inner = [self._related(child) for child in node.children if child.item is not None and child.item.inner]
            self._conditions[node] = _all([*own, *inner])
        return self._conditions[node]

    def own_where(self, node: Node) -> Condition | None:
        """The conditions on the rows of a node without those of inner embeds: which rows a write changes."""
        return _all([self._tree(node, item) for item in node.conditions])

    def _related(self, child: Node) -> Related:
        return Related(child.link, self.where(child))

    def _tree(self, node: Node, tree: Tree) -> Condition:
        if isinstance(tree, Filter):
            return self._filter(node, tree)
        items = tuple(self._tree(node, item) for item in tree.items)
        condition: Condition = items[0] if len(items) == 1 else And(items) if tree.operator == "and" else Or(items)
        return Not(condition) if tree.negated else condition

    def _filter(self, node: Node, item: Filter) -> Condition:
        test = item.test
        child = _tested(node, item.field) if test.operator is Operator.NULL else None
        if child is not None:
            related = self._related(child)
            return related if test.negated else Not(related)
        compare = self._compare(column(item.field), test)
        if not test.negated:
            return compare
        if test.operator is Operator.IN:  # every value outside of the list, but null is no value
            return And((Not(compare), Not(Compare(column(item.field), Operator.NULL))))
        return Not(compare)

    def _compare(self, ref: ColumnRef, test: Test) -> Compare:
        if test.value is None:
            return Compare(replace(ref, at=(ref.name, "is")), test.operator)
        value: object = list(test.value) if isinstance(test.value, tuple) else test.value
        if test.quantifier is not None:
            value = parse_array(str(value))
        if test.operator in PATTERNS:
            value = [_pattern(one) for one in value] if isinstance(value, list) else _pattern(str(value))
        else:
            value = [_written(one) for one in value] if isinstance(value, list) else _written(value)
        return Compare(ref, test.operator, self.slot(value), test.quantifier, test.language, at=(ref.name,))

    # --- in which order ------------------------------------------------------

    def _order(self, node: Node, term: OrderTerm) -> OrderColumn:
        if term.relation is None:
            return OrderColumn((), column(term.field), term.descending, term.nulls_first)
        child = node.child(term.relation)
        if child is None:
            raise NotEmbedded(term.relation)
        field = next((one for one in _aliased(child) if one.alias == term.field.name), None)
        ref = column(field.field if field is not None and not term.field.path else term.field)
        return OrderColumn((child.link,), ref, term.descending, term.nulls_first)


def _written(value: object) -> object:
    return Written(value) if isinstance(value, str) else value


def column(field: FieldName) -> ColumnRef:
    """The column of a field."""
    return ColumnRef(field.name, field.path, field.as_text, at=(field.name,))


def columns_of(node: Node) -> tuple[tuple[str, Kind | None], ...] | None:
    """Keys of a node's rows and what they hold; ``None`` if that is not known without planning."""
    if node.table is None or any(child.item is not None and child.item.spread for child in node.children):
        return None
    found: dict[str, Kind | None] = {}
    for item in node.items:
        match item:
            case Star():
                found |= {one.name: one.type.served.kind for one in node.table.stored}
            case RowCount(alias, _):
                found[alias or "count"] = None
            case RowCursor(alias):
                found[alias or "cursor"] = None
            case Item():
                known = node.table.columns.get(item.field.name)
                plain = known is not None and not item.field.path and item.cast is None and item.aggregate is None
                name = item.alias or item.aggregate or _key_of(item.field)
                found[name] = known.type.served.kind if known is not None and plain else None
    embeds = (child.item.key for child in node.children if child.item is not None and not child.is_empty)
    return tuple((found | dict.fromkeys(embeds)).items())


def _aliased(node: Node) -> Iterator[Item]:
    return (item for item in node.items if isinstance(item, Item) and item.aggregate is None)


def _key_of(field: FieldName) -> str:
    keys = [step for step in field.path if isinstance(step, str)]
    return keys[-1] if keys else field.name


def _tested(node: Node, field: FieldName) -> Node | None:
    """The embed that a null test speaks of: the one of this key; beside an alias a target's own name stands for it
    only if there is no such column."""
    child = node.child(field.name) if not field.path else None
    if child is None or child.item is None or child.item.key == field.name:
        return child
    return None if node.table is not None and field.name in node.table.columns else child


def _is_old_count(item: Item, node: Node) -> bool:
    """``count`` without parentheses is the number of rows, unless there is such a column (section 6)."""
    if item.field.name != "count" or item.field.path or node.table is None:
        return False
    return "count" not in node.table.columns


def _once(fields: list[Field], node: Node) -> Iterator[Field]:
    """Each key once: the later field wins, at the place of the first."""
    if len(fields) > 1 and node.table is not None and any(isinstance(field, AllColumns) for field in fields):
        stored = [ColumnField(one.name, ColumnRef(one.name)) for one in node.table.stored]
        fields = [one for field in fields for one in (stored if isinstance(field, AllColumns) else [field])]
    found: dict[str, Field] = {getattr(field, "key", "*"): field for field in fields}
    yield from found.values()


def _all(items: list[Condition]) -> Condition | None:
    if not items:
        return None
    return items[0] if len(items) == 1 else And(tuple(items))


def _pattern(text: str | None) -> str | None:
    return None if text is None else text.replace("*", "%")
