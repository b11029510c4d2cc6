"""Selections: fragments written out, fields of one name merged, directives obeyed (section 10.4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    SelectionSetNode,
    Undefined,
    get_named_type,
    is_required_argument,
    print_ast,
)

from gemel.errors import Location
from gemel_graphql.parse.given import Given, given
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.scope import Scope
from gemel_graphql.schema.meaning import Rows, meaning_of

TYPENAME = "__typename"
_IF = GraphQLNonNull(GraphQLBoolean)


@dataclass(eq=False)
class Selected:
    """A field that was asked for."""

    key: str
    """Its name in the answer."""
    name: str
    at: Location
    field: GraphQLField | None
    """``None`` of ``__typename`` and of the fields of introspection."""
    nodes: list[FieldNode]
    """Where it stands; several are merged."""

    @property
    def sets(self) -> list[SelectionSetNode]:
        """What is selected of it."""
        return [node.selection_set for node in self.nodes if node.selection_set is not None]

    @property
    def type(self) -> GraphQLObjectType:
        """Type of what is selected of it."""
        assert self.field is not None  # noqa: S101 - of __typename nothing is selected
        named = get_named_type(self.field.type)
        assert isinstance(named, GraphQLObjectType)  # noqa: S101 - has been checked when it was collected
        return named


def in_capitals(selected: Selected) -> bool:
    """Whether a column's values are those of an enum table whose values are named in capitals."""
    assert selected.field is not None  # noqa: S101 - __typename is no column
    meaning = meaning_of(get_named_type(selected.field.type))
    return isinstance(meaning, Rows) and meaning.capitals


def collect(
    scope: Scope,
    sets: Iterable[SelectionSetNode],
    type_: GraphQLObjectType,
    at: Location,
    extra: frozenset[str] = frozenset(),
) -> list[Selected]:
    """The fields of selection sets, in the order of the answer.

    :param at: path of what they are selected of.
    :param extra: names that are known although the type does not have them.
    :raises RequestError: an unknown field, fragment or directive, or two fields that cannot be merged.
    """
    found: dict[str, Selected] = {}
    for node in _flat(scope, sets, type_, at):
        name = node.name.value
        key = node.alias.value if node.alias is not None else name
        here = (*at, "selectionSet", name)
        scope.count_selection(here)
        first = found.get(key)
        if first is None:
            found[key] = Selected(key, name, here, _field(node, type_, here, extra), [node])
        else:
            _check_merge(first, node, here)
            first.nodes.append(node)
    return list(found.values())


def _field(node: FieldNode, type_: GraphQLObjectType, at: Location, extra: frozenset[str]) -> GraphQLField | None:
    name = node.name.value
    if name in extra:
        return None
    if name == TYPENAME:
        _check_typename(node, at)
        return None
    known: GraphQLField | None = type_.fields.get(name)
    if known is None:
        raise refuse(f"field '{name}' not found in type: '{type_.name}'", at)
    if node.arguments and not known.args:
        raise refuse(f"'{name}' has no argument named '{node.arguments[0].name.value}'", at)
    has_fields = isinstance(get_named_type(known.type), GraphQLObjectType)
    if has_fields and node.selection_set is None:
        raise refuse(f"missing selection set for '{name}'", at)
    if not has_fields and node.selection_set is not None:
        raise refuse("unexpected subselection set for non-object field", at)
    return known


def _check_typename(node: FieldNode, at: Location) -> None:
    if node.arguments:
        raise refuse(f"'{TYPENAME}' has no argument named '{node.arguments[0].name.value}'", at)
    if node.selection_set is not None:
        raise refuse("unexpected subselection set for non-object field", at)


def _check_merge(first: Selected, node: FieldNode, at: Location) -> None:
    if first.name != node.name.value:
        text = f"selection of both '{first.name}' and '{node.name.value}' specify the same response name, '{first.key}'"
        raise refuse(text, at)
    if _printed(first.nodes[0].arguments) != _printed(node.arguments):
        raise refuse(f"inconsistent arguments between multiple selections of field '{first.name}'", at)


def _printed(arguments: Sequence[ArgumentNode] | None) -> Mapping[str, str]:
    return {argument.name.value: print_ast(argument.value) for argument in arguments or ()}


def _flat(
    scope: Scope, sets: Iterable[SelectionSetNode], type_: GraphQLObjectType, at: Location
) -> Iterator[FieldNode]:
    for selections in sets:
        for item in selections.selections:
            if not included(scope, item.directives, at):
                continue
            if isinstance(item, FieldNode):
                yield item
                continue
            scope.count_selection(at)
            if isinstance(item, FragmentSpreadNode):
                fragment = scope.operation.fragments[item.name.value]
                if not included(scope, fragment.directives, at):
                    continue
                condition, inner = fragment.type_condition.name.value, fragment.selection_set
            else:
                assert isinstance(item, InlineFragmentNode)  # noqa: S101 - there are three kinds
                inner = item.selection_set
                condition = item.type_condition.name.value if item.type_condition is not None else type_.name
            if condition != type_.name:
                raise refuse(f"a fragment on type '{condition}' cannot be spread in type '{type_.name}'", at)
            yield from _flat(scope, [inner], type_, at)


def included(scope: Scope, directives: Sequence[DirectiveNode] | None, at: Location) -> bool:
    """Whether ``@include`` and ``@skip`` let a selection stand.

    :raises RequestError: another directive, or an argument that does not fit.
    """
    stands = True
    seen: set[str] = set()
    for directive in directives or ():
        name = directive.name.value
        if name not in {"include", "skip"}:
            known = name in {"cached", "deprecated", "specifiedBy", "oneOf"}
            text = (
                f"directive '{name}' is not allowed here"
                if known
                else f"directive '{name}' is not defined in the schema"
            )
            raise refuse(text, at)
        if name in seen:
            raise refuse(f"directive '{name}' is used more than once", at)
        seen.add(name)
        value = _condition(scope, directive, at)
        stands = stands and value == (name == "include")
    return stands


def _condition(scope: Scope, directive: DirectiveNode, at: Location) -> bool:
    here = (*at, "directives", directive.name.value)
    known = {"if": GraphQLArgument(_IF)}
    return arguments_of(scope, directive.arguments, known, directive.name.value, here)["if"].truth()


def arguments(scope: Scope, selected: Selected) -> dict[str, Given]:
    """Arguments of a field, by the name that no convention changes; those that were not given are missing.

    :raises RequestError: one is unknown, missing, null where that is not allowed, or of another type.
    """
    assert selected.field is not None  # noqa: S101 - __typename is not asked for its arguments
    known = selected.field.args
    return arguments_of(scope, selected.nodes[0].arguments, known, selected.name, (*selected.at, "args"))


def arguments_of(
    scope: Scope,
    nodes: Sequence[ArgumentNode] | None,
    known: Mapping[str, GraphQLArgument],
    name: str,
    at: Location,
) -> dict[str, Given]:
    """Arguments of a field or directive."""
    found: dict[str, Given] = {}
    for node in nodes or ():
        argument = node.name.value
        if argument not in known:
            raise refuse(f"'{name}' has no argument named '{argument}'", at[:-1] if at[-1] == "args" else at)
        declared = known[argument]
        name_within = declared.out_name or argument
        if name_within in found:
            raise refuse(f"argument '{argument}' is given more than once", (*at, argument))
        has_default = declared.default_value is not Undefined
        found[name_within] = given(scope, node.value, declared.type, (*at, argument), has_default=has_default)
    for argument, declared in known.items():
        if is_required_argument(declared) and (declared.out_name or argument) not in found:
            raise refuse(f"missing required field '{argument}'", (*at, argument))
    return found
