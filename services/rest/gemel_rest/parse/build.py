"""From the tree to the dialect-free request. What the dialect leaves unsaid is said here (decisions, 5)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from gemel.apart import give_way, hold, in_turns
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
from gemel_rest.parse.syntax import EmbedItem, FieldName, Filter, Item, OrderTerm, RowCount, RowCursor, Star, Test, Tree
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
        give_way()
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
        """Columns, then embeds; each key once (R8-3)."""
        given = list(self._given(node))
        if len(given) > 1 or (node.item is not None and node.item.spread):
            given = [one for field in given for one in _columns_apart(field, node)]
        owners = {key: number for number, field in enumerate(given) for key in _keys(field)}
        plain, owned = {}, defaultdict[int, set[str]](set)
        for key, owner in owners.items():
            owned[owner].add(key)
        for field in given:
            if not isinstance(field, Embed):
                [key] = _keys(field)
                plain[key] = given[owners[key]]
        yield from (field for field in plain.values() if not isinstance(field, Embed))
        for number, field in enumerate(given):
            kept = _cut(field, owned[number])
            if isinstance(kept, Embed):
                yield kept

    def _given(self, node: Node) -> Iterator[Field]:
        children = iter(node.children)
        for item in node.items:
            match item:
                case Star():
                    yield AllColumns()
                case RowCount(alias, after):
                    self._allow_aggregates()
                    yield Computed(alias or "count", "count", after=after)
                case RowCursor(alias):
                    yield Cursor(alias or "cursor")
                case EmbedItem():
                    child = next(children)
                    if not child.is_empty:
                        yield Embed(item.key, child.link, self.select(child), item.spread)
                case Item():
                    yield self._column(node, item)

    def _column(self, node: Node, item: Item) -> Field:
        if item.aggregate is not None:
            self._allow_aggregates()
            return Computed(item.alias or item.aggregate, item.aggregate, column(item.field), item.cast, item.after)
        if _is_old_count(item, node):
            return Computed(item.alias or "count", "count", after=item.cast)
        return hold(ColumnField(item.alias or _key_of(item.field), column(item.field), item.cast))

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
            value = [_written(one) for one in in_turns(value)] if isinstance(value, list) else _written(value)
        return hold(Compare(ref, test.operator, self.slot(value), test.quantifier, test.language, at=(ref.name,)))

    # --- in which order ------------------------------------------------------

    def _order(self, node: Node, term: OrderTerm) -> OrderColumn:
        if term.relation is None:
            return OrderColumn((), column(term.field), term.descending, term.nulls_first)
        child = node.child(term.relation)
        if child is None:
            raise NotEmbedded(term.relation)
        field = next((one for one in _aliased(child) if one.alias == term.field.name), None)
        ref = column(field.field if field is not None and not term.field.path else term.field)
        return OrderColumn((child.link,), ref, term.descending, term.nulls_first, self.where(child))


def _written(value: object) -> object:
    return Written(value) if isinstance(value, str) else value


def column(field: FieldName) -> ColumnRef:
    """The column of a field."""
    return hold(ColumnRef(field.name, field.path, field.as_text, at=(field.name,)))


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


def _columns_apart(field: Field, node: Node) -> Iterator[Field]:
    """The columns that ``*`` stands for, if they are known."""
    if isinstance(field, AllColumns) and node.table is not None:
        yield from (ColumnField(one.name, ColumnRef(one.name)) for one in node.table.stored)
    else:
        yield field


def _keys(field: Field) -> Iterator[str]:
    """The keys that a field has in the row; a spread those of its fields."""
    give_way()
    if isinstance(field, Embed) and field.spread:
        yield from (key for inner in field.select.fields for key in _keys(inner))
    else:
        yield getattr(field, "key", "*")


def _cut(field: Field, keys: Collection[str]) -> Field | None:
    """The field, of a spread only what has one of the keys: where two have the same, the later one counts (R8-3)."""
    if not (isinstance(field, Embed) and field.spread):
        return field if getattr(field, "key", "*") in keys else None
    inner = (_cut(one, keys) for one in field.select.fields)
    fields = tuple(one for one in inner if one is not None)
    return replace(field, select=replace(field.select, fields=fields)) if fields else None


def _all(items: list[Condition]) -> Condition | None:
    if not items:
        return None
    return items[0] if len(items) == 1 else And(tuple(items))


def _pattern(text: str | None) -> str | None:
    return None if text is None else text.replace("*", "%")
