"""Values that go through the app's Python on their way in and out (docs/decisions.md, 7).

The database makes the JSON of these too, but puts each such value between two control characters, which JSON cannot
hold, with the number of its codec; they are replaced when the answer is there. Columns without Python pay nothing: a
statement without codecs is not looked at.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic_core import PydanticSerializationError, to_jsonable_python
from sqlalchemy.engine import Dialect

from gemel.catalog import Codec, Kind, ValueType
from gemel.catalog.types import FLOATS
from gemel.errors import DatabaseError
from gemel.request import Written, request_value
from gemel.sql.backend import Bind, Expression
from gemel.sql.encode import invalid, json_text
from gemel.sql.fragment import literal, sql
from gemel.sql.statement import Encoder

START, END = "\x02", "\x03"
MARKED = re.compile(f"{START}([0-9]+):([^{END}]*){END}")
DAYS = re.compile(r"(?:(-?\d+) days? ?)?(?:(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?))?\Z", re.ASCII)


def marked(value: Expression, text: Expression, number: int) -> Expression:
    """JSON text of a value of the codec of this number; null is not marked."""
    return sql("CASE WHEN ", value, " IS NULL THEN 'null' ELSE ", literal(f"{START}{number}:"), " || ", text, " || ",
               literal(END), " END")  # fmt: skip


def finished(text: str, codecs: Sequence[Codec], dialect: Dialect) -> str:
    """The answer, with its marked values in the form of the APIs.

    :raises DatabaseError: XX001, the type cannot read what is stored.
    """
    types: dict[Codec, ValueType] = {}

    def replace(found: re.Match[str]) -> str:
        codec = codecs[int(found[1])]
        try:
            if codec not in types:
                types[codec] = codec.stored(dialect)
            return python_json(codec.result(python_value(types[codec], found[2]), dialect))
        except Exception as error:  # it is the app's own code; its words could tell what is stored
            name, kind = type(codec.declared).__name__, type(error).__name__
            raise DatabaseError("XX001", f"a stored value cannot be read by its type {name}: {kind}") from error

    return MARKED.sub(replace, text)


def python_value(stored: ValueType, form: str) -> object:
    """What SQLAlchemy's own type gives, from the JSON of a value."""
    kind = stored.kind
    if kind is Kind.NUMERIC:
        return Decimal(form.strip('"'))
    if kind in FLOATS:
        return float(form.strip('"'))
    text = json.loads(form)
    if not isinstance(text, str) or stored.is_document:
        return text
    return READERS[kind](text) if kind in READERS else text


def _span(text: str) -> object:
    found = DAYS.match(text)
    if found is None:
        return text
    clock = timedelta(hours=int(found[3] or 0), minutes=int(found[4] or 0), seconds=float(found[5] or 0))
    return timedelta(days=int(found[1] or 0)) + (-clock if found[2] else clock)


READERS: Mapping[Kind, Callable[[str], object]] = {
    Kind.UUID: UUID,
    Kind.DATE: date.fromisoformat,
    Kind.TIMESTAMP: datetime.fromisoformat,
    Kind.TIMESTAMPTZ: datetime.fromisoformat,
    Kind.TIME: time.fromisoformat,
    Kind.TIMETZ: time.fromisoformat,
    Kind.BYTEA: lambda form: bytes.fromhex(form[2:]),
    Kind.INTERVAL: _span,
}


def python_json(value: object) -> str:
    """JSON text of a Python value, in Pydantic's form; a decimal is a number."""
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, bytes | timedelta):
        return json_text(request_value(value))
    try:
        return json_text(to_jsonable_python(value))
    except PydanticSerializationError:
        return json_text(str(value))


def processed(bind: Bind, codec: Codec | None, dialect: Dialect, *, many: bool = False) -> Bind:
    """Binds what the codec makes of a value, or of each of many."""
    return bind if codec is None else ProcessedBind(bind, codec, dialect, many=many)


class ProcessedBind:
    """Binds values that the app's type makes.

    :param many: a list of values.
    """

    def __init__(self, bind: Bind, codec: Codec, dialect: Dialect, *, many: bool = False) -> None:
        self.bind, self.codec, self.dialect, self.many = bind, codec, dialect, many

    def __call__(self, encode: Encoder) -> Expression:
        """The parameter."""
        if self.many:
            return self.bind(lambda values: encode([self._one(item) for item in _listed(values)]))
        return self.bind(lambda value: encode(self._one(value)))

    def _one(self, value: object) -> object:
        if value is None:
            return None
        try:
            if isinstance(value, Written):
                value = json.loads(value) if self.codec.served.is_document else str(value)
            return request_value(self.codec.bind(value, self.dialect))
        except Exception as error:  # it is the app's own code, and its way to say that it does not like a value
            raise invalid(self.codec.served, value) from error


def _listed(values: object) -> Sequence[object]:
    return values if isinstance(values, list | tuple) else [values]
