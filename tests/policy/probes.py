"""Questions that use every argument of a role's GraphQL schema, made from its introspection."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

SCALARS: dict[str, tuple[str, ...]] = {
    "Int": ("5", "98", "1000100"),
    "Float": ("1.5", "300"),
    "String": ('"a"', '"%a%"', '"Luis"', '"0~AC"'),
    "Boolean": ("true", "false"),
    "numeric": ("5", "1.98"),
    "float8": ("1.5", "300"),
    "bigint": ("5",),
    "timestamp": ('"2010-01-01T00:00:00"',),
}


@dataclass
class Probe:
    """A question, and the arguments and input fields that it uses."""

    text: str
    uses: frozenset[str]


@dataclass
class Prober:
    """Makes the questions of a schema."""

    schema: GraphQLSchema
    cursors: Mapping[str, str]
    """Of each row type the literal of a cursor in the order of its key."""
    done: set[str] = field(default_factory=set)
    """Input types that have been written out in full."""

    def probes(self) -> Iterator[Probe]:
        """One or more for every argument of every field that reads."""
        assert self.schema.query_type is not None
        for path, parent in self._places(self.schema.query_type):
            for name, item in parent.fields.items():
                for argument, declared in item.args.items():
                    place = f"{parent.name}.{name}({argument})"
                    for value, uses in self._arguments(item, argument, declared):
                        required = self._required(item, argument)
                        given = ", ".join([f"{argument}: {value}", *required])
                        text = _wrapped(path, f"{name}({given}){self._selected(item)}")
                        yield Probe(text, frozenset({place, *uses}))

    def _arguments(
        self, item: GraphQLField, argument: str, declared: GraphQLArgument
    ) -> Iterator[tuple[str, frozenset[str]]]:
        if argument == "after":
            of = get_named_type(item.type).name.removesuffix("_aggregate")
            yield from [(self.cursors[of], frozenset[str]())] if of in self.cursors else []
        else:
            yield from self._values(declared.type)

    def all_uses(self) -> frozenset[str]:
        """Every argument of a field that reads, and every field of their input types."""
        assert self.schema.query_type is not None
        found, inputs = set[str](), deque[GraphQLInputObjectType]()
        for _, parent in self._places(self.schema.query_type):
            for name, item in parent.fields.items():
                for argument, declared in item.args.items():
                    of = get_named_type(item.type).name.removesuffix("_aggregate")
                    if argument == "after" and of not in self.cursors:
                        continue  # there is no key that the role sees, and so no cursor
                    found.add(f"{parent.name}.{name}({argument})")
                    inputs += _inputs(declared.type)
        seen = set()
        while inputs:
            type_ = inputs.popleft()
            if type_.name in seen:
                continue
            seen.add(type_.name)
            for name, member in type_.fields.items():
                found.add(f"{type_.name}.{name}")
                inputs += _inputs(member.type)
        return frozenset(found)

    def _places(self, root: GraphQLObjectType) -> Iterator[tuple[tuple[str, ...], GraphQLObjectType]]:
        """Each object type with the shortest way to it."""
        waiting = deque([((), root)])
        seen = {root.name}
        while waiting:
            path, type_ = waiting.popleft()
            yield path, type_
            for name, item in type_.fields.items():
                inner = get_named_type(item.type)
                if isinstance(inner, GraphQLObjectType) and inner.name not in seen and not inner.name.startswith("__"):
                    seen.add(inner.name)
                    required = self._required(item, "")
                    if "limit" in item.args and not required:
                        required = ["limit: 20"]
                    called = f"{name}({', '.join(required)})" if required else name
                    waiting.append(((*path, called), inner))

    def _required(self, item: GraphQLField, but: str) -> list[str]:
        return [
            f"{name}: {_every(declared.type) if name == 'by' else self._smallest(declared.type)}"
            for name, declared in item.args.items()
            if name != but and isinstance(declared.type, GraphQLNonNull)
        ]

    def _selected(self, item: GraphQLField) -> str:
        type_ = get_named_type(item.type)
        return self._whole(type_) if isinstance(type_, GraphQLObjectType) else ""

    def _whole(self, type_: GraphQLObjectType, depth: int = 2) -> str:
        if type_.name.endswith("_group"):  # its key holds what it is grouped by, and nothing else
            return "{ aggregate { count } }"
        names = [name for name, item in type_.fields.items() if is_leaf_type(get_named_type(item.type))]
        names = [name for name in names if name != "_cursor" and not self._required(type_.fields[name], "")]
        if not names or type_.name.endswith("_aggregate"):
            for name, item in type_.fields.items():
                inner = get_named_type(item.type)
                if depth and isinstance(inner, GraphQLObjectType) and not self._required(item, ""):
                    names.append(name + self._whole(inner, depth - 1))
        return "{ " + " ".join(names or ["__typename"]) + " }"

    def _values(self, type_: Any) -> Iterator[tuple[str, frozenset[str]]]:
        """Literals of an input type, with the input fields that they use. Each field of each input object is used where
        it is reached first, by the shortest way."""
        named = get_named_type(type_)
        if not isinstance(named, GraphQLInputObjectType):
            yield from ((_listed(type_, value), frozenset()) for value in _literals(named))
            return
        yield _listed(type_, self._least(named)), frozenset()
        waiting = deque([(named, lambda value: _listed(type_, value))])
        while waiting:
            inner, wrap = waiting.popleft()
            if inner.name in self.done:
                continue
            self.done.add(inner.name)
            for name, member in inner.fields.items():
                place = frozenset({f"{inner.name}.{name}"})
                of = get_named_type(member.type)
                if isinstance(of, GraphQLInputObjectType):
                    yield wrap(self._object(inner, name, _listed(member.type, self._least(of)))), place
                    waiting.append((of, self._deeper(wrap, inner, name, member.type)))
                    continue
                for value in ['"english"'] if name == "language" else _literals(of):
                    yield wrap(self._object(inner, name, _listed(member.type, value))), place

    def _deeper(
        self, wrap: Callable[[str], str], inner: GraphQLInputObjectType, name: str, type_: Any
    ) -> Callable[[str], str]:
        return lambda value: wrap(self._object(inner, name, _listed(type_, value)))

    def _object(self, type_: GraphQLInputObjectType, name: str, value: str) -> str:
        """An object with a field, and with those that it needs."""
        needed = {one: member.type for one, member in type_.fields.items() if isinstance(member.type, GraphQLNonNull)}
        rest = [f"{one}: {self._smallest(inner)}" for one, inner in needed.items() if one != name]
        return "{" + ", ".join([f"{name}: {value}", *rest]) + "}"

    def _least(self, type_: GraphQLInputObjectType) -> str:
        """An object with what it needs alone."""
        if type_.name.endswith("_aggregate_bool_exp"):
            return "{count: {predicate: {_gt: 1}}}"
        needed = {one: member.type for one, member in type_.fields.items() if isinstance(member.type, GraphQLNonNull)}
        return "{" + ", ".join(f"{one}: {self._smallest(inner)}" for one, inner in needed.items()) + "}"

    def _smallest(self, type_: Any) -> str:
        named = get_named_type(type_)
        value = self._least(named) if isinstance(named, GraphQLInputObjectType) else next(_literals(named))
        return _listed(type_, value)


def _listed(type_: Any, value: str) -> str:
    """A literal as the only one of the lists around its type."""
    if isinstance(type_, GraphQLNonNull):
        return _listed(type_.of_type, value)
    return f"[{_listed(type_.of_type, value)}]" if isinstance(type_, GraphQLList) else value


def _every(type_: Any) -> str:
    """All values of an enum: what groups are made by may be sorted by."""
    return f"[{', '.join(get_named_type(type_).values)}]"


def _literals(type_: Any) -> Iterator[str]:
    yield from type_.values if isinstance(type_, GraphQLEnumType) else SCALARS[type_.name]


def _inputs(type_: Any) -> list[GraphQLInputObjectType]:
    named = get_named_type(type_)
    return [named] if isinstance(named, GraphQLInputObjectType) else []


def _wrapped(path: tuple[str, ...], inner: str) -> str:
    for step in reversed(path):
        inner = f"{step} {{ {inner} }}"
    return inner
