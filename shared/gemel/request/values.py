"""Python's values as those of a request."""

from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper


def request_value(value: object) -> object:
    """A Python value as a request could hold it."""
    if isinstance(value, Enum):
        return value.value if isinstance(value, str | int) else value.name
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    return str(value)


def key_of(mapper: Mapper[Any], item: object) -> tuple[object, ...]:
    """The primary key of an object, as a request could hold it (``Rows.keys``).

    :raises TypeError: it is no object of that class.
    """
    state: Any = inspect(item, raiseerr=False)
    if state is None or not isinstance(item, mapper.class_):
        raise TypeError(f"{type(item).__name__} is not {mapper.class_.__name__}")
    identity = state.identity if state.identity is not None else mapper.primary_key_from_instance(item)
    return tuple(request_value(value) for value in identity)
