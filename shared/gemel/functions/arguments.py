"""From what a caller gives to what a function takes."""

import json
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from gemel.errors import DatabaseError
from gemel.functions.model import Parameter

NAMES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "bigint"),
    (float, "double precision"),
    (Decimal, "numeric"),
    (str, "text"),
    (datetime, "timestamp"),
    (date, "date"),
    (time, "time"),
    (timedelta, "interval"),
    (UUID, "uuid"),
    (bytes, "bytea"),
)
"""PostgreSQL's names; the first match counts, and what is none of these is JSON."""
BIGINT = 2**63
ZONED = frozenset({"date-time", "time"})


def bare(annotation: Any) -> Any:
    """An annotation without ``Annotated`` and ``| None``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        others = [item for item in get_args(annotation) if item is not type(None)]
        return bare(others[0]) if len(others) == 1 else annotation
    return annotation


def is_list(annotation: Any) -> bool:
    """Whether an annotation is of a list of values."""
    return bare(annotation) is list or get_origin(bare(annotation)) in (list, Sequence)


def type_name(annotation: Any) -> str:
    """PostgreSQL's name of the type of an annotation."""
    inner = bare(annotation)
    if is_list(inner) and get_args(inner):
        return f"{type_name(get_args(inner)[0])}[]"
    return next((name for of, name in NAMES if isinstance(inner, type) and issubclass(inner, of)), "json")


def adapter(annotation: Any) -> TypeAdapter[Any]:
    """Pydantic's reader of an annotation; a number is taken for a text.

    :raises PydanticUserError: Pydantic knows nothing of it.
    """
    try:
        return TypeAdapter(annotation, config=ConfigDict(coerce_numbers_to_str=True))
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(annotation)


def json_schema(found: TypeAdapter[Any]) -> dict[str, Any]:
    """JSON Schema of an annotation; empty where there is none that stands alone."""
    try:
        schema = found.json_schema(mode="validation")
    except PydanticInvalidForJsonSchema:
        return {}
    return {} if "$defs" in schema else _without_zones(schema)


def _without_zones(schema: Any) -> Any:
    """Moments may be without a zone, and the formats of JSON Schema (RFC 3339) may not."""
    if isinstance(schema, dict):
        plain = {key: value for key, value in schema.items() if key != "format" or value not in ZONED}
        return {key: _without_zones(value) for key, value in plain.items()}
    return [_without_zones(item) for item in schema] if isinstance(schema, list) else schema


def acceptor(annotation: Any) -> tuple[Callable[[object], object], dict[str, Any]]:
    """What reads values of an annotation, and their JSON Schema."""
    found = adapter(annotation)
    name, document = type_name(annotation), type_name(annotation) == "json"

    def read(value: object) -> object:
        if document and isinstance(value, str):  # of a query string or a form
            value = json.loads(value)
        taken = found.validate_python(value)
        if name == "bigint" and isinstance(taken, int) and not -BIGINT <= taken < BIGINT:
            raise DatabaseError("22003", f'value "{taken}" is out of range for type bigint')
        return taken

    return read, json_schema(found)


def accept(parameter: Parameter, value: object) -> object:
    """The value of an argument.

    :raises DatabaseError: 22P02, it does not fit; 22003, a number is too large.
    """
    try:
        if parameter.variadic:
            return [parameter.accept(item) for item in (value if isinstance(value, list) else [value])]
        return parameter.accept(value)
    except (ValueError, RecursionError):  # Pydantic's and json's errors are ValueErrors
        shown = value if isinstance(value, str) else json.dumps(value, default=str)
        text = f'invalid input syntax for type {parameter.type}: "{shown}"'
        raise DatabaseError("22P02", text, f"It is the argument {parameter.name!r}.") from None


def accept_all(parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """The values of all arguments that are given.

    :raises DatabaseError: as ``accept``.
    """
    return {one.name: accept(one, given[one.name]) for one in parameters if one.name in given}
