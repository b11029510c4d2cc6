"""A question in the words of a GraphQL client (``docs/dialects/graphql.md``)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, TypeAlias

from gemel.request import (
    Aggregate,
    And,
    ColumnField,
    Compare,
    Condition,
    Constant,
    Count,
    Embed,
    EmbedAggregate,
    Field,
    GroupKey,
    GroupOrder,
    Groups,
    Measure,
    MeasureGroup,
    Nodes,
    Not,
    One,
    Operator,
    Or,
    Order,
    OrderAggregate,
    OrderColumn,
    Related,
    RelatedMeasure,
    Root,
    Rows,
    Select,
    Slot,
    ValueTest,
)
from property.naive.data import RELATIONSHIPS, Data
from property.questions import Question

SCALARS = {"integer": "Int", "numeric": "numeric", "text": "String", "timestamp": "timestamp"}
NEGATED = {
    Operator.EQ: "_neq",
    Operator.NEQ: "_eq",
    Operator.IN: "_nin",
    Operator.LIKE: "_nlike",
    Operator.ILIKE: "_nilike",
    Operator.SIMILAR: "_nsimilar",
    Operator.REGEX: "_nregex",
    Operator.IREGEX: "_niregex",
}


class Enum(str):
    """A name that stands bare in GraphQL and is a text in JSON."""

    __slots__ = ()


@dataclass(frozen=True)
class Leaf:
    """A value of the question, and the type of the place where it stands."""

    slot: Slot
    type: str


Node: TypeAlias = "Mapping[str, Node] | list[Node] | Leaf | Enum | bool | None"


@dataclass(frozen=True)
class Said:
    """What is posted."""

    text: str
    variables: dict[str, Any]

    @property
    def body(self) -> bytes:
        """JSON text; numbers keep their digits."""
        return f'{{"query": {json.dumps(self.text)}, "variables": {_json(self.variables)}}}'.encode()


def to_graphql(question: Question, data: Data) -> Said:
    """Text and variables of a question."""
    return _Printer(question, data, Random(question.style)).said()


@dataclass
class _Printer:
    question: Question
    data: Data
    random: Random
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)

    def said(self) -> Said:
        roots = " ".join(self._root(root) for root in self.question.query.roots)
        head = (
            f"query Q({', '.join(self.declared)}) " if self.declared else self.random.choice(("", "query ", "query Q "))
        )
        return Said(f"{head}{{ {roots} }}", self.variables)

    # --- fields --------------------------------------------------------------

    def _root(self, root: Root) -> str:
        table = root.source.table
        match root.content:
            case Select(fields, rows):
                return f"{root.key}: {table}{self._arguments(table, rows)} {self._fields(table, fields)}"
            case Aggregate() as aggregate:
                return f"{root.key}: {table}_aggregate{self._aggregate(table, aggregate)}"
            case One(key, fields):
                types = self.data.tables[table].types
                given = ", ".join(
                    f"{name}: {self._render(Leaf(slot, f'{SCALARS[types[name]]}!'), f'{SCALARS[types[name]]}!')}"
                    for name, slot in key
                )
                return f"{root.key}: {table}_by_pk({given}) {self._fields(table, fields)}"

    def _fields(self, table: str, fields: Sequence[Field]) -> str:
        said = [self._field(table, item) for item in fields]
        if len(said) > 1 and self.random.random() < 0.1:  # a fragment at the end keeps the order
            said = [*said[:-1], f"... on {table} {{ {said[-1]} }}"]
        return f"{{ {' '.join(said)} }}"

    def _field(self, table: str, item: Field) -> str:
        match item:
            case ColumnField(key, column):
                return self._aliased(key, column.name)
            case Constant(key):
                return self._aliased(key, "__typename")
            case Embed(key, link, Select(fields, rows)):
                target = RELATIONSHIPS[table][link.name].target
                many = RELATIONSHIPS[table][link.name].many
                arguments = self._arguments(target, rows) if many else ""
                return f"{self._aliased(key, link.name)}{arguments} {self._fields(target, fields)}"
            case EmbedAggregate(key, link, aggregate):
                target = RELATIONSHIPS[table][link.name].target
                return self._aliased(key, f"{link.name}_aggregate") + self._aggregate(target, aggregate)
            case _:
                raise NotImplementedError(item)

    def _aliased(self, key: str, name: str) -> str:
        return name if key == name else f"{key}: {name}"

    def _aggregate(self, table: str, aggregate: Aggregate) -> str:
        said = []
        for item in aggregate.items:
            match item:
                case Nodes(key, fields):
                    said.append(f"{self._aliased(key, 'nodes')} {self._fields(table, fields)}")
                case Measure(key, parts):
                    inner = " ".join(self._measure(part) for part in parts)
                    said.append(f"{self._aliased(key, 'aggregate')} {{ {inner} }}")
                case Groups():
                    said.append(self._groups(table, item))
                case _:
                    raise NotImplementedError(item)
        return f"{self._arguments(table, aggregate.rows)} {{ {' '.join(said)} }}"

    def _groups(self, table: str, item: Groups) -> str:
        by = self._list([Enum(column.name) for column in item.by])
        arguments = [f"by: {self._render(by, f'[{table}_select_column!]!')}"]
        if item.order:
            order = self._list([_group_order(one) for one in item.order])
            arguments.append(f"order_by: {self._render(order, f'[{table}_group_order_by!]')}")
        for name, slot in (("limit", item.limit), ("offset", item.offset)):
            if slot is not None:
                arguments.append(f"{name}: {self._render(Leaf(slot, 'Int'), 'Int')}")
        key, measure = item.items
        assert isinstance(key, GroupKey)
        assert isinstance(measure, Measure)
        columns = " ".join(part.key for part in key.columns)
        measures = " ".join(self._measure(part) for part in measure.items)
        return f"groups({', '.join(arguments)}) {{ key {{ {columns} }} aggregate {{ {measures} }} }}"

    def _measure(self, item: Count | MeasureGroup | Constant) -> str:
        match item:
            case Constant(key):
                return self._aliased(key, "__typename")
            case Count(key, columns, distinct):
                arguments = []
                if columns:
                    names = ", ".join(column.name for column in columns)
                    single = len(columns) == 1 and self.random.random() < 0.5
                    arguments.append(f"columns: {names}" if single else f"columns: [{names}]")
                if distinct or self.random.random() < 0.2:
                    arguments.append(f"distinct: {str(distinct).lower()}")
                return self._aliased(key, "count") + (f"({', '.join(arguments)})" if arguments else "")
            case MeasureGroup(key, name, columns):
                inner = " ".join(
                    self._aliased(part.key, part.column.name)
                    if isinstance(part, ColumnField)
                    else self._aliased(part.key, "__typename")
                    for part in columns
                )
                return f"{self._aliased(key, name)} {{ {inner} }}"

    # --- arguments -----------------------------------------------------------

    def _arguments(self, table: str, rows: Rows) -> str:
        given: list[tuple[str, Node, str]] = []
        if rows.where is not None:
            given.append(("where", self._condition(table, rows.where), f"{table}_bool_exp"))
        if rows.order:
            order: list[Node] = [self._order(item) for item in rows.order]
            given.append(("order_by", self._list(order), f"[{table}_order_by!]"))
        if rows.distinct:
            names: list[Node] = [Enum(column.name) for column in rows.distinct]
            given.append(("distinct_on", self._list(names), f"[{table}_select_column!]"))
        for name, slot in (("limit", rows.limit), ("offset", rows.offset)):
            if slot is not None:
                given.append((name, Leaf(slot, "Int"), "Int"))
        self.random.shuffle(given)
        said = ", ".join(f"{name}: {self._render(node, type_)}" for name, node, type_ in given)
        return f"({said})" if said else ""

    def _list(self, items: list[Node]) -> Node:
        """A list of one may be written without brackets."""
        return items[0] if len(items) == 1 and self.random.random() < 0.5 else items

    def _order(self, item: Order) -> Node:
        direction = "desc" if item.descending else "asc"
        default = item.descending == item.nulls_first
        short = default and self.random.random() < 0.5
        node: Node = Enum(direction if short else f"{direction}_nulls_{'first' if item.nulls_first else 'last'}")
        path = [link.name for link in item.path]
        match item:
            case OrderColumn(_, column):
                node = {column.name: node}
            case OrderAggregate(_, measure, column):
                node = {measure: node} if column is None else {measure: {column.name: node}}
                path[-1] += "_aggregate"
        for name in reversed(path):
            node = {name: node}
        return node

    # --- conditions ----------------------------------------------------------

    def _condition(self, table: str, condition: Condition) -> Mapping[str, Node]:
        match condition:
            case And(items):
                parts = [self._condition(table, item) for item in items]
                names = [name for part in parts for name in part]
                if len(set(names)) == len(names) and self.random.random() < 0.7:
                    return {name: node for part in parts for name, node in part.items()}
                return {"_and": self._list(list(parts))}
            case Or(items):
                return {"_or": self._list([self._condition(table, item) for item in items])}
            case Not(Compare() as item) if self.random.random() < 0.6:
                return self._negated(table, item)
            case Not(item):
                return {"_not": self._condition(table, item)}
            case Related(link, where):
                target = RELATIONSHIPS[table][link.name].target
                return {link.name: self._condition(target, where) if where is not None else {}}
            case RelatedMeasure():
                return self._related_measure(table, condition)
            case Compare():
                return self._compare(table, condition)

    def _related_measure(self, table: str, item: RelatedMeasure) -> Mapping[str, Node]:
        target = RELATIONSHIPS[table][item.link.name].target
        columns = [Enum(column.name) for column in item.columns]
        function: dict[str, Node] = {"predicate": {}}
        tests = [self._value_test(test, "Int" if item.measure == "count" else "float8") for test in item.tests]
        if len({name for test in tests for name in test}) < len(tests):  # one operator twice has no form in one object
            parts = [replace(item, tests=(test,)) for test in item.tests]
            return {"_and": self._list([self._related_measure(table, part) for part in parts])}
        function["predicate"] = {name: node for test in tests for name, node in test.items()}
        if columns:
            function["arguments"] = self._list(list(columns)) if item.measure == "count" else columns[0]
        if item.distinct or self.random.random() < 0.2:
            function["distinct"] = item.distinct
        if item.where is not None:
            function["filter"] = self._condition(target, item.where)
        return {f"{item.link.name}_aggregate": {item.measure: function}}

    def _value_test(self, test: ValueTest, scalar: str) -> Mapping[str, Node]:
        if test.value is None:
            return {"_is_null": not test.negated}
        return {f"_{test.operator.value}": Leaf(test.value, scalar)}

    def _negated(self, table: str, item: Compare) -> Mapping[str, Node]:
        if item.operator is Operator.NULL:
            return {item.column.name: {"_is_null": False}}
        if item.operator not in NEGATED:
            return {"_not": self._compare(table, item)}
        return {item.column.name: {NEGATED[item.operator]: self._leaf(table, item)}}

    def _compare(self, table: str, item: Compare) -> Mapping[str, Node]:
        if item.operator is Operator.NULL:
            return {item.column.name: {"_is_null": True}}
        return {item.column.name: {f"_{item.operator.value}": self._leaf(table, item)}}

    def _leaf(self, table: str, item: Compare) -> Node:
        assert item.value is not None
        scalar = SCALARS[self.data.tables[table].types[item.column.name]]
        return Leaf(item.value, f"[{scalar}!]" if item.operator is Operator.IN else scalar)

    # --- values --------------------------------------------------------------

    def _render(self, node: Node, type_: str) -> str:
        """An argument, written out or as a variable of its type."""
        if self.random.random() < 0.3:
            return self._variable(self._value(node), type_)
        return self._literal(node)

    def _variable(self, value: Any, type_: str) -> str:
        name = f"v{len(self.declared)}"
        required = value is not None and not type_.endswith("!") and self.random.random() < 0.3
        declared = f"{type_}!" if required else type_
        if self.random.random() < 0.15 and not declared.endswith("!") and not isinstance(value, dict | list):
            self.declared.append(f"${name}: {declared} = {_graphql(value)}")  # the default is the value
        else:
            self.declared.append(f"${name}: {declared}")
            self.variables[name] = value
        return f"${name}"

    def _value(self, node: Node) -> Any:
        """As it stands in the variables."""
        match node:
            case Leaf(slot):
                return self.question.values[slot.index]
            case Mapping():
                return {name: self._value(item) for name, item in node.items()}
            case list():
                return [self._value(item) for item in node]
            case Enum():
                return str(node)
            case _:
                return node

    def _literal(self, node: Node) -> str:
        """As it stands in the text; a value may be a variable there."""
        match node:
            case Leaf(slot, type_):
                value = self.question.values[slot.index]
                return self._variable(value, type_) if self.random.random() < 0.3 else _graphql(value)
            case Mapping():
                return "{" + ", ".join(f"{name}: {self._literal(item)}" for name, item in node.items()) + "}"
            case list():
                return "[" + ", ".join(self._literal(item) for item in node) + "]"
            case Enum():
                return str(node)
            case _:
                return _graphql(node)


def _group_order(item: GroupOrder) -> Node:
    way = Enum(("desc" if item.descending else "asc") + ("_nulls_first" if item.nulls_first else "_nulls_last"))
    if item.column is None:
        return {"aggregate": {"count": way}}
    return {"key": {item.column.name: way}}


def _graphql(value: Any) -> str:
    """A literal: of a text or number, or a list of them, JSON's form."""
    return _json(value)


def _json(value: Any) -> str:
    writers: dict[type, Callable[[Any], str]] = {
        dict: lambda item: "{" + ", ".join(f"{json.dumps(key)}: {_json(part)}" for key, part in item.items()) + "}",
        list: lambda item: "[" + ", ".join(_json(part) for part in item) + "]",
        Decimal: str,
    }
    return writers.get(type(value), lambda item: json.dumps(item, ensure_ascii=False))(value)
