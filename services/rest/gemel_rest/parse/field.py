"""Fields: a name, and the path into its document (``docs/dialects/rest.md`` section 3)."""

import re

from gemel.apart import hold
from gemel.errors import RequestError
from gemel_rest.parse.syntax import FieldName
from gemel_rest.parse.text import Reader

INDEX = re.compile(r"-?[0-9]{1,9}(?=->|::|[.,)]|$)")
KEY = re.compile(r"[^(\-:.,>)]+(?:-(?!>)[^(\-:.,>)]+)*")


def read_field(reader: Reader) -> FieldName:
    """Read a field.

    :raises Unexpected: it is none.
    :raises RequestError: ``42883``, a step into what ``->>`` has already made a text.
    """
    name = reader.name()
    path: list[str | int] = []
    as_text = False
    while reader.follows("->"):
        if as_text:
            raise RequestError("42883", "operator does not exist: text -> unknown", hint=NO_OPERATOR, status=404)
        as_text = reader.take("->>")
        if not as_text:
            reader.expect("->")
        path.append(_operand(reader))
    return hold(FieldName(name, tuple(path), as_text))


NO_OPERATOR = "No operator matches the given name and argument types. You might need to add explicit type casts."


def _operand(reader: Reader) -> str | int:
    index = reader.match(INDEX)
    if index is not None:
        return int(index.group())
    quoted = reader.quoted()
    if quoted is not None:
        return quoted
    key = reader.match(KEY)
    if key is None:
        raise reader.unexpected("json operand: a key or an index")
    return key.group()
