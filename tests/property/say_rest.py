"""A question in the words of a REST client (``docs/dialects/rest.md``)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote, quote_plus

from gemel.request import (
    AllColumns,
    And,
    ColumnField,
    Compare,
    Computed,
    Condition,
    Embed,
    Field,
    Link,
    Not,
    Operator,
    Or,
    Order,
    OrderColumn,
    Related,
    Rows,
    Select,
)
from property.questions import Question, is_uncut

NAMES = {
    Operator.REGEX: "match",
    Operator.IREGEX: "imatch",
    Operator.DISTINCT: "isdistinct",
}
LIKES = (Operator.LIKE, Operator.ILIKE)
QUOTED_IN_TREES = ',()"\\{} '


@dataclass(frozen=True)
class Asked:
    """What is sent with GET."""

    path: str
    headers: dict[str, str]


def to_rest(question: Question) -> Asked:
    """Path with query string, and headers, of a question."""
    (root,) = question.query.roots
    assert isinstance(root.content, Select)
    random = Random(question.style)
    printer = _Printer(question, random)
    select = printer.level(root.content, "")
    parameters = [("select", select), *printer.parameters]
    random.shuffle(parameters)
    headers = {"Prefer": "count=exact"} if root.total else {}
    if root.content.strip_nulls:
        headers["Accept"] = "application/vnd.pgrst.array+json;nulls=stripped"
    return Asked(f"/rest/v1/{root.source.table}?{_encoded(parameters, random)}", headers)


def _encoded(parameters: Sequence[tuple[str, str]], random: Random) -> str:
    encode = random.choice((quote, quote_plus))
    safe = random.choice(("", "(),.*:!"))
    return "&".join(f"{encode(name, safe=safe)}={encode(text, safe=safe)}" for name, text in parameters)


@dataclass
class _Level:
    """One select: the rows of the request, or those of an embed."""

    prefix: str
    embeds: dict[str, Embed]
    """By the name under which the parameters know them."""
    inner: set[str] = field(default_factory=set)
    """Of those that are to be joined inside."""
    empty: list[tuple[str, Link, str]] = field(default_factory=list)
    """Embeds that are there for their filters only: name, link, what is inside."""


@dataclass
class _Printer:
    question: Question
    random: Random
    parameters: list[tuple[str, str]] = field(default_factory=list)

    def level(self, select: Select, prefix: str) -> str:
        """The text of a select; what else is to be said of it goes to the parameters."""
        embeds = {item.key: item for item in select.fields if isinstance(item, Embed)}
        level = _Level(prefix, embeds)
        self._rows(level, select.rows)
        return self._items(level, select.fields)

    def _items(self, level: _Level, fields: Sequence[Field]) -> str:
        said = [self._item(level, item) for item in fields]
        said += [f"{name}:{_target(link)}({inside})" for name, link, inside in level.empty]
        return ",".join(said)

    def _item(self, level: _Level, item: Field) -> str:
        match item:
            case AllColumns():
                return "*"
            case ColumnField(key, column, cast):
                return (
                    (f"{key}:" if key != column.name else "") + self._name(column.name) + (f"::{cast}" if cast else "")
                )
            case Computed():
                return self._computed(item)
            case Embed(key, link, select, spread):
                inside = self.level(select, f"{level.prefix}{key}.")
                join = "!inner" if key in level.inner else self.random.choice(("", "", "", "!left"))
                alias = "..." if spread else f"{key}:" if key != link.name else ""
                return f"{alias}{_target(link)}{join}({inside})"
            case _:
                raise NotImplementedError(item)

    def _computed(self, item: Computed) -> str:
        before = f"::{item.before}" if item.before else ""
        said = f"{self._name(item.column.name)}{before}.{item.name}()" if item.column else "count()"
        said += f"::{item.after}" if item.after else ""
        return f"{item.key}:{said}" if item.key != item.name else said

    def _name(self, name: str) -> str:
        return f'"{name}"' if self.random.random() < 0.1 else name

    # --- rows ----------------------------------------------------------------

    def _rows(self, level: _Level, rows: Rows) -> None:
        if rows.where is not None:
            self._filter(level, rows.where)
        if rows.order:
            order = ",".join(self._order(level, item) for item in rows.order)
            self.parameters.append((f"{level.prefix}order", order))
        for name, slot in (("limit", rows.limit), ("offset", rows.offset)):
            if slot is not None:
                self.parameters.append((f"{level.prefix}{name}", str(self.question.values[slot.index])))

    def _order(self, level: _Level, item: Order) -> str:
        assert isinstance(item, OrderColumn)
        said = self._name(item.column.name)
        if item.path:
            seen = (item.path[0], item.where)
            embeds = ((key, embed) for key, embed in level.embeds.items() if is_uncut(embed))
            said = f"{next(key for key, embed in embeds if (embed.link, embed.select.rows.where) == seen)}({said})"
        if item.descending or self.random.random() < 0.5:
            said += ".desc" if item.descending else ".asc"
        if item.nulls_first != item.descending or self.random.random() < 0.5:
            said += ".nullsfirst" if item.nulls_first else ".nullslast"
        return said

    # --- conditions ----------------------------------------------------------

    def _filter(self, level: _Level, condition: Condition) -> None:
        """A condition as parameters, which are all ANDed."""
        match condition:
            case And(items) if self.random.random() < 0.7:
                for item in items:
                    self._filter(level, item)
            case Related():
                name = self._remaining(level, condition)
                if name in level.embeds and self.random.random() < 0.5:
                    level.inner.add(name)
                else:
                    self._add(level, name, "not.is.null")
            case Not(Related() as item):
                self._add(level, self._remaining(level, item), "is.null")
            case Compare():
                self._add(level, self._name(condition.column.name), self._test(condition, in_tree=False))
            case Not(Compare() as item) if not self._is_in_nothing(item):
                self._add(level, self._name(item.column.name), f"not.{self._test(item, in_tree=False)}")
            case And(items) | Or(items):
                self._add(level, "and" if isinstance(condition, And) else "or", self._members(level, items))
            case Not(And(items) | Or(items) as item):
                self._add(level, "not.and" if isinstance(item, And) else "not.or", self._members(level, items))
            case Not(item):
                self._add(level, "not.and", self._members(level, (item,)))

    def _add(self, level: _Level, name: str, text: str) -> None:
        self.parameters.append((f"{level.prefix}{name}", text))

    def _members(self, level: _Level, items: Sequence[Condition]) -> str:
        comma = self.random.choice((",", ",", ", "))
        return f"({comma.join(self._tree(level, item) for item in items)})"

    def _tree(self, level: _Level, condition: Condition) -> str:
        match condition:
            case And(items):
                return f"and{self._members(level, items)}"
            case Or(items):
                return f"or{self._members(level, items)}"
            case Not(And() | Or() as item):
                return f"not.{self._tree(level, item)}"
            case Not(Related() as item):
                return f"{self._remaining(level, item)}.is.null"
            case Not(Compare() as item) if not self._is_in_nothing(item):
                return f"{self._name(item.column.name)}.not.{self._test(item, in_tree=True)}"
            case Not(item):
                return f"not.and{self._members(level, (item,))}"
            case Related():
                return f"{self._remaining(level, condition)}.not.is.null"
            case Compare():
                return f"{self._name(condition.column.name)}.{self._test(condition, in_tree=True)}"

    def _remaining(self, level: _Level, item: Related) -> str:
        """Name of an embed that holds just the related rows of the condition; an empty one if there is none."""
        for key, embed in level.embeds.items():
            rows = embed.select.rows
            if embed.link == item.link and rows.where == item.where and not rows.limit and not rows.offset:
                return key
        name = f"x{len(level.empty)}"
        level.empty.append((name, item.link, ""))
        inner = _Level(f"{level.prefix}{name}.", {})
        if item.where is not None:
            self._filter(inner, item.where)
        level.empty[int(name[1:])] = (name, item.link, self._items(inner, ()))
        return name

    # --- tests ---------------------------------------------------------------

    def _test(self, item: Compare, *, in_tree: bool) -> str:
        if item.operator is Operator.NULL:
            return self.random.choice(("is.null", "is.null", "is.NULL"))
        assert item.value is not None
        value = self.question.values[item.value.index]
        if item.operator is Operator.IN:
            assert isinstance(value, list)
            return f"in.({','.join(self._quoted(str(part)) for part in value)})"
        name = NAMES.get(item.operator, item.operator.value)
        if item.quantifier:
            assert isinstance(value, list)
            array = "{" + ",".join(self._element(self._starred(item, str(part))) for part in value) + "}"
            return f"{name}({item.quantifier}).{self._quoted(array) if in_tree else array}"
        text = self._starred(item, str(value))
        return f"{name}.{self._quoted(text) if in_tree else text}"

    def _is_in_nothing(self, item: Compare) -> bool:
        """``in.()``, of which ``not.in.()`` is not the opposite: it leaves out nulls, too."""
        return item.operator is Operator.IN and item.value is not None and not self.question.values[item.value.index]

    def _starred(self, item: Compare, text: str) -> str:
        """``*`` stands for ``%``, which need not be encoded."""
        return (
            text.replace("%", "*")
            if item.operator in LIKES and "\\" not in text and self.random.random() < 0.5
            else text
        )

    def _quoted(self, text: str) -> str:
        needed = not text or any(char in QUOTED_IN_TREES for char in text) or text != text.strip()
        if not needed and self.random.random() < 0.8:
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def _element(self, text: str) -> str:
        """A member of an array literal."""
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _target(link: Link) -> str:
    return f"{link.name}!{link.hint}" if link.hint else link.name
