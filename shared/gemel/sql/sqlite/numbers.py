"""Numbers as JSON text."""

import math
import struct
from decimal import Decimal


def number_text(value: object) -> str:
    """Shortest text that reads back; what JSON has no number for is a string, as PostgreSQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, float):
        if math.isinf(value):
            return '"Infinity"' if value > 0 else '"-Infinity"'
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return repr(value) if abs(value) < 1e15 or abs(value) >= 1e16 else _with_exponent(repr(value))
    return str(value)


def real_text(value: object) -> str:
    """The digits that a float of 32 bits has, whoever has stored the number and whatever has been computed of it."""
    try:
        return number_text(single(value) if isinstance(value, float) and math.isfinite(value) else value)
    except OverflowError:
        return number_text(value)


def decimal_text(value: object) -> str:
    """All digits of a number that is stored as a double, without an exponent."""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else number_text(value)


def _with_exponent(text: str) -> str:
    """PostgreSQL writes one from 1e15 on, Python from 1e16 on."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits = digits.replace(".", "").rstrip("0")
    return f"{sign}{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e+15"


def single(number: float) -> float:
    """The shortest decimal that a float of 32 bits is read back from, which is what PostgreSQL shows of a ``real``.

    :raises OverflowError: it has no such float.
    """
    (near,) = struct.unpack("f", struct.pack("f", number))
    shortest = (float(f"{near:.{digits}g}") for digits in range(6, 10))
    return next(one for one in shortest if struct.unpack("f", struct.pack("f", one))[0] == near)
