"""Operators of a comparison (``docs/dialects/graphql.md`` sections 5.2 to 5.4)."""

from collections.abc import Iterator

from graphql import GraphQLInputType, get_named_type

from gemel.catalog import Kind, ValueType
from gemel.catalog.types import simple
from gemel.request import Operator, ValueTest
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.readers import Reader, list_reader, text_reader, value_reader
from gemel_graphql.schema.meaning import Part, Test, meaning_of


def value_tests(value: Given, type_: ValueType) -> Iterator[ValueTest]:
    """The tests of a value of some type; all of them have to hold.

    :raises RequestError: an operand is null, or does not fit.
    """
    for _, field, operand in value.members():
        test: Test | Part = meaning_of(field)
        if isinstance(test, Part):  # ``_cast`` tests something else: the filter of the column sees to it
            continue
        if operand.is_null:
            raise operand.unexpected_null()
        if test.value == "truth":
            yield ValueTest(Operator.NULL, negated=not operand.truth(), at=operand.at)
        elif test.value == "search":
            yield _search(operand)
        else:
            slot = operand.slot(_reader(test, operand.type, type_))
            yield ValueTest(test.operator, slot, test.negated, at=operand.at)


def text_tests(value: Given) -> Iterator[ValueTest]:
    """The tests of a document as text (``_cast``).

    :raises RequestError: as ``value_tests``.
    """
    for _, field, operand in value.members():
        if meaning_of(field) == Part("cast"):
            if operand.is_null:
                raise operand.unexpected_null()
            for _, _, as_text in operand.members():
                yield from value_tests(as_text, simple(Kind.TEXT))


def _search(operand: Given) -> ValueTest:
    given = {name: item for name, item in operand.parts().items() if not item.is_null}
    mode = meaning_of(given["mode"].word()).operator if "mode" in given else Operator.FTS_WEB
    language = given["language"].constant_text() if "language" in given else None
    return ValueTest(mode, given["query"].slot(text_reader), language=language, at=operand.at)


def _reader(test: Test, place: GraphQLInputType, type_: ValueType) -> Reader:
    match test.value:
        case "text":
            return text_reader
        case "texts":
            return list_reader(text_reader, "String")
        case "list":
            return list_reader(value_reader(place, type_), str(get_named_type(place)))
    return value_reader(place, type_)
