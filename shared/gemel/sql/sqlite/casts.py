"""Casts for output, from the JSON form of a value to the storage form of another type."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from gemel.catalog import Kind
from gemel.catalog.types import INTEGERS, simple
from gemel.sql.sqlite.documents import parse, unquote
from gemel.sql.sqlite.encode import storage_encoder
from gemel.sql.statement import Encoder


@lru_cache(64)
def _encoder(kind: Kind) -> Encoder:
    return storage_encoder(simple(kind))


def cast_json(form: str | int, to: str) -> object:
    """Cast a value.

    :param form: its JSON form; of a whole number also the number.
    :param to: a ``Kind``.
    :raises DatabaseError: it has no form in that type.
    """
    text = str(form)
    if text == "null":
        return None
    kind = Kind(to)
    if kind in (Kind.JSON, Kind.JSONB):
        return text
    plain = unquote(text)
    if kind is Kind.TEXT or plain is None:
        return plain
    value = parse(text)
    if kind in INTEGERS and isinstance(value, bool):
        return int(value)
    if kind in INTEGERS and isinstance(value, Decimal):
        # numeric rounds half away from zero, a float to even; both came here as digits with a point
        plain = str(value.to_integral_value(ROUND_HALF_UP if -value.as_tuple().exponent <= 6 else ROUND_HALF_EVEN))  # type: ignore[operator]
    if kind is Kind.BOOLEAN and isinstance(value, int):
        return int(value != 0)
    return _encoder(kind)(plain)
