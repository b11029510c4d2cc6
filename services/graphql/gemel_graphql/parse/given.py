"""A value that was given for an argument or an input field: written in the document, or inside a variable."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
)

from gemel.apart import give_way
from gemel.errors import Location
from gemel.request import Slot
from gemel_graphql.parse.extracts import at_path, template, words
from gemel_graphql.parse.operation import literal_value
from gemel_graphql.parse.readers import Reader
from gemel_graphql.parse.refuse import Bare, mismatch, no_value, null_value, refuse
from gemel_graphql.parse.scope import Extract, Scope
from gemel_graphql.schema.meaning import meaning_of

Cell = tuple[Extract | None, object]
"""How a value is taken out of the variables, or the value itself."""
Member = tuple[str, GraphQLInputField, "Given"]


class Given(ABC):
    """A value, the type that is expected of it, and where it stands."""

    def __init__(self, scope: Scope, type_: GraphQLInputType, at: Location) -> None:
        scope.check_depth(at)
        self.scope = scope
        self.type: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        self.at = at

    def check_null(self, type_: GraphQLInputType) -> "Given":
        """Itself.

        :raises RequestError: it is null where that is not allowed.
        """
        if isinstance(type_, GraphQLNonNull) and self.is_null:
            raise self.unexpected_null()
        return self

    def unexpected_null(self) -> Exception:
        """The error of a null that may not be."""
        named = get_named_type(self.type)
        if is_input_object_type(self.type):
            return refuse(f"expected an object for type '{named}', but found null", self.at)
        return null_value(str(named), self.at)

    @property
    @abstractmethod
    def is_null(self) -> bool:
        """Null, also by a variable without a value (section 10.3)."""

    @abstractmethod
    def peek(self) -> object:
        """The value itself. What is decided by it has to be part of the shape (``parse.shape``)."""

    @abstractmethod
    def cell(self, read: Reader) -> Cell:
        """How it is taken out of the variables and read, or the value itself if it has none inside."""

    def slot(self, read: Reader) -> Slot:
        """A slot for it."""
        extract, value = self.cell(read)
        return self.scope.constant(value) if extract is None else self.scope.extracted(extract)

    @abstractmethod
    def elements(self) -> "list[Given]":
        """Of a list; a single value is a list of one (section 3)."""

    @abstractmethod
    def _members(self) -> "Iterator[tuple[str, Any]]": ...

    @abstractmethod
    def _member(self, raw: Any, type_: GraphQLInputType, name: str) -> "Given": ...

    def members(self) -> list[Member]:
        """Of an object, in the order written.

        :raises RequestError: it is no object, or one of them is not in the type, is missing or null.
        """
        give_way()
        type_: GraphQLInputObjectType = self.type
        found: list[Member] = []
        names: set[str] = set()
        for name, raw in self._members():
            field = type_.fields.get(name)
            if field is None:
                raise refuse(f"field '{name}' not found in type: '{type_.name}'", (*self.at, name))
            if name in names:
                raise refuse(f"field '{name}' is given more than once", (*self.at, name))
            names.add(name)
            found.append((name, field, self._member(raw, field.type, name).check_null(field.type)))
        for name, field in type_.fields.items():
            if isinstance(field.type, GraphQLNonNull) and name not in names and field.default_value is Undefined:
                raise refuse(f"missing required field '{name}'", (*self.at, name))
        return found

    def parts(self) -> "dict[str, Given]":
        """Members of an object by what they are, whichever way names are written."""
        return {meaning_of(field).name: item for _, field, item in self.members()}

    def constant_text(self) -> str:
        """A text that becomes part of the statement; of a variable, the plan is not kept.

        :raises RequestError: it is none.
        """
        value = self.peek()
        if type(value) is not str:
            raise mismatch("a string", "String", value, self.at)
        if isinstance(self, Json):
            self.scope.cacheable = False
        return value

    def word(self) -> GraphQLEnumValue:
        """Of an enum.

        :raises RequestError: it is none of its values.
        """
        type_: GraphQLEnumType = self.type
        value = self._enum_name()
        chosen: GraphQLEnumValue | None = type_.values.get(value) if isinstance(value, str) else None
        if chosen is None:
            raise no_value(type_.values, type_.name, self.peek() if value is None else Bare(value), self.at)
        return chosen

    @abstractmethod
    def _enum_name(self) -> str | None: ...

    def truth(self) -> bool:
        """Of a Boolean that decides what is asked.

        :raises RequestError: it is none.
        """
        value = self.peek()
        if not isinstance(value, bool):
            raise mismatch("a boolean", "Boolean", value, self.at)
        return value


class Literal(Given):
    """A value written in the document; variables may stand inside."""

    def __init__(self, scope: Scope, type_: GraphQLInputType, at: Location, node: ValueNode) -> None:
        super().__init__(scope, type_, at)
        self._node = node

    @property
    def is_null(self) -> bool:
        return isinstance(self._node, NullValueNode)

    def peek(self) -> object:
        return _outline(self._node)

    def cell(self, read: Reader) -> Cell:
        extract = template(self.scope, self._node, self.type, self.at)
        if extract is None:
            return None, read(literal_value(self._node), self.at)
        inner, at = extract, self.at
        return (lambda variables: read(inner(variables), at)), None

    def elements(self) -> list[Given]:
        item = self.type.of_type
        if not isinstance(self._node, ListValueNode):
            return [Literal(self.scope, item, self.at, self._node).check_null(item)]
        nodes = enumerate(self._node.values)
        return [given(self.scope, node, item, (*self.at, index)) for index, node in nodes]

    def _members(self) -> Iterator[tuple[str, Any]]:
        if not isinstance(self._node, ObjectValueNode):
            raise mismatch("an object", self.type.name, _outline(self._node), self.at)
        return ((field.name.value, field.value) for field in self._node.fields)

    def _member(self, raw: Any, type_: GraphQLInputType, name: str) -> Given:
        return given(self.scope, raw, type_, (*self.at, name))

    def _enum_name(self) -> str | None:
        value = _outline(self._node)
        return value if isinstance(value, Bare) else None


def _outline(node: ValueNode) -> object:
    """A value of the same kind, for a message."""
    if isinstance(node, ListValueNode):
        return []
    return {} if isinstance(node, ObjectValueNode) else literal_value(node)


class Json(Given):
    """A variable's value, or something inside it."""

    def __init__(
        self,
        scope: Scope,
        type_: GraphQLInputType,
        at: Location,
        value: Any,
        name: str,
        steps: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(scope, type_, at)
        self._value = value
        self._name = name
        self._steps = steps

    @property
    def is_null(self) -> bool:
        return self._value is None

    def peek(self) -> object:
        return self._value

    def cell(self, read: Reader) -> Cell:
        return self.extract(json_reader(self.type, read)), None

    def extract(self, read: Reader) -> Extract:
        """How it is taken out of the variables and read, on every request."""
        return at_path(self._name, self._steps, read, self.at)

    def inside(self, type_: GraphQLInputType, *names: str) -> "Json":
        """What stands in an object in an object."""
        value = self._value
        for name in names:
            value = value[name]
        return Json(self.scope, type_, (*self.at, *names), value, self._name, (*self._steps, *names))

    def elements(self) -> list[Given]:
        item = self.type.of_type
        if not isinstance(self._value, list):
            return [Json(self.scope, item, self.at, self._value, self._name, self._steps).check_null(item)]
        return [
            Json(self.scope, item, (*self.at, index), value, self._name, (*self._steps, index)).check_null(item)
            for index, value in enumerate(self._value)
        ]

    def _members(self) -> Iterator[tuple[str, Any]]:
        if not isinstance(self._value, dict):
            raise mismatch("an object", self.type.name, self._value, self.at)
        return iter(self._value.items())

    def _member(self, raw: Any, type_: GraphQLInputType, name: str) -> Given:
        return Json(self.scope, type_, (*self.at, name), raw, self._name, (*self._steps, name))

    def _enum_name(self) -> str | None:
        return self._value if isinstance(self._value, str) else None


def json_reader(place: GraphQLInputType, read: Reader) -> Reader:
    """Reader of what is inside a variable: values of enums are texts there."""
    if isinstance(get_named_type(place), GraphQLEnumType):
        return lambda value, at: read(words(value), at)
    return read


def given(scope: Scope, node: ValueNode, type_: GraphQLInputType, at: Location, *, has_default: bool = False) -> Given:
    """What a node of the document gives.

    :param has_default: the place has a default of its own, so that a nullable variable may stand there.
    :raises RequestError: a variable is of another type, or the value is null where that is not allowed.
    """
    if isinstance(node, VariableNode):
        name = node.name.value
        value = scope.use(name, type_, has_default=has_default, at=at)
        return Json(scope, type_, at, value, name).check_null(type_)
    return Literal(scope, type_, at, node).check_null(type_)
