"""Functions that SQLite lacks, registered on every connection.

``regexp`` is what SQLAlchemy's ``regexp_match()`` calls. What they refuse is kept in ``Failure``, since SQLite tells
of an exception in a function only that there was one.
"""

import math
import sqlite3
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, Final

import regex

from gemel.catalog import Kind
from gemel.errors import DatabaseError
from gemel.sql.sqlite import documents, edits, images
from gemel.sql.sqlite.casts import cast_json
from gemel.sql.sqlite.encode import BOUNDS
from gemel.sql.sqlite.intervals import interval_text
from gemel.sql.sqlite.numbers import decimal_text, number_text, real_text

SHORTEST: Final = 0.001
LONGEST: Final = 10.0
"""Seconds of one match, whatever time its statement has left."""


class Failure:
    """The last refusal of a function on one connection."""

    def __init__(self) -> None:
        self.error: DatabaseError | None = None
        self.deadline = math.inf
        """Of the statement, by ``time.monotonic``; a function that can take long has to end by then itself, for SQLite
        cannot stop it."""

    def is_late(self) -> bool:
        """Whether the statement had to end by now; asked by SQLite every so many steps of it."""
        return time.monotonic() > self.deadline

    def take(self) -> DatabaseError | None:
        """The refusal, which is then forgotten."""
        error, self.error = self.error, None
        return error


def register_functions(connection: sqlite3.Connection, failure: Failure) -> None:
    """Register all of them on a connection.

    :param failure: where their refusals are kept.
    """

    def add(name: str, count: int, function: Callable[..., object]) -> None:
        connection.create_function(name, count, _guarded(function, failure), deterministic=True)

    add("gemel_member", 2, lambda key, value: "" if value == "null" else f"{key}{value},")
    add("gemel_lower", 1, lambda text: text.lower() if isinstance(text, str) else text)
    add("gemel_regex", 3, partial(matches, failure))
    add("regexp", 2, partial(matches, failure, ignore_case=0))
    add("gemel_number", 1, number_text)
    add("gemel_real", 1, real_text)
    add("gemel_decimal", 1, decimal_text)
    add("gemel_uuid", 1, uuid_text)
    add("gemel_interval", 1, interval_text)
    add("gemel_cast", 2, cast_json)
    add("gemel_in_range", 2, in_range)
    add("gemel_unquote", 1, documents.unquote)
    add("gemel_document_order", 2, documents.order)
    add("gemel_document_in", 2, documents.within)
    add("gemel_contains", 2, documents.contains)
    add("gemel_contained", 2, lambda left, right: documents.contains(right, left))
    add("gemel_overlaps", 2, documents.overlaps)
    add("gemel_has_key", 2, documents.has_key)
    add("gemel_has_any", 2, documents.has_any)
    add("gemel_has_all", 2, documents.has_all)
    add("gemel_image", 1, images.unframed)
    add("gemel_joined", 2, edits.joined)
    add("gemel_without_key", 2, edits.without_key)
    add("gemel_without_element", 2, edits.without_element)
    add("gemel_without_path", 2, edits.without_path)
    connection.create_collation("gemel_document", documents.collated)
    for name, aggregate in AGGREGATES.items():
        connection.create_aggregate(name, 2 if issubclass(aggregate, _Pairs) else 1, aggregate)


def _guarded(function: Callable[..., Any], failure: Failure) -> Callable[..., Any]:
    def run(*arguments: object) -> Any:
        try:
            return function(*arguments)
        except DatabaseError as error:
            failure.error = error
            raise

    return run


@lru_cache(256)
def _compiled(pattern: str, ignore_case: int) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)


def matches(failure: Failure, pattern: str | None, text: str | None, ignore_case: int) -> int | None:
    """Whether the pattern is found anywhere.

    There are patterns that need longer than the universe lasts. ``re`` would meanwhile stop the whole process;
    ``regex`` lets others work, and ends in time.

    :raises DatabaseError: 57014, not before the statement had to end.
    """
    if pattern is None or text is None:
        return None
    seconds = min(max(failure.deadline - time.monotonic(), SHORTEST), LONGEST)
    try:
        found = _compiled(pattern, ignore_case).search(str(text), timeout=seconds, concurrent=True)
    except TimeoutError:
        raise DatabaseError("57014", "canceling statement due to statement timeout") from None
    return int(found is not None)


def uuid_text(stored: str | None) -> str | None:
    """Canonical text (RFC 9562 section 4) of 32 hexadecimal digits."""
    if stored is None:
        return None
    digits = stored.replace("-", "").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def in_range(number: int | None, kind: str) -> int | None:
    """A whole number, if its type can hold it.

    :raises DatabaseError: 22003.
    """
    bound = BOUNDS[Kind(kind)]
    if number is not None and not (isinstance(number, int) and -bound <= number < bound):
        raise DatabaseError("22003", f"{kind} out of range")
    return number


def _exact(value: object) -> Fraction | None:
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(Decimal(repr(value))) if isinstance(value, float) and math.isfinite(value) else None


class _Numbers:
    """Collects numbers exactly; the result is rounded once."""

    def __init__(self) -> None:
        self.numbers: list[Fraction] = []

    def step(self, value: object) -> None:
        number = _exact(value)
        if number is not None:
            self.numbers.append(number)

    def mean(self) -> Fraction:
        return sum(self.numbers, Fraction(0)) / len(self.numbers)

    def spread(self, less: int) -> Fraction | None:
        if len(self.numbers) <= less:
            return None
        mean = self.mean()
        return sum(((number - mean) ** 2 for number in self.numbers), Fraction(0)) / (len(self.numbers) - less)


class Average(_Numbers):
    """``avg``."""

    def finalize(self) -> float | None:
        """Mean, or null over nothing."""
        return float(self.mean()) if self.numbers else None


class Sum(_Numbers):
    """``sum`` of decimals."""

    def finalize(self) -> float | int | None:
        """Sum, or null over nothing."""
        if not self.numbers:
            return None
        total = sum(self.numbers, Fraction(0))
        return int(total) if total.denominator == 1 and abs(total) < 2**63 else float(total)


class VarianceSample(_Numbers):
    """``var_samp``."""

    def finalize(self) -> float | None:
        """Null over fewer than two."""
        spread = self.spread(1)
        return None if spread is None else float(spread)


class VariancePopulation(_Numbers):
    """``var_pop``."""

    def finalize(self) -> float | None:
        """Null over nothing."""
        spread = self.spread(0)
        return None if spread is None else float(spread)


class DeviationSample(_Numbers):
    """``stddev_samp``."""

    def finalize(self) -> float | None:
        """Null over fewer than two."""
        spread = self.spread(1)
        return None if spread is None else math.sqrt(spread)


class DeviationPopulation(_Numbers):
    """``stddev_pop``."""

    def finalize(self) -> float | None:
        """Null over nothing."""
        spread = self.spread(0)
        return None if spread is None else math.sqrt(spread)


class _Pairs:
    """Collects pairs of numbers; a pair with a null in it does not count."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Fraction, Fraction]] = []

    def step(self, first: object, second: object) -> None:
        one, other = _exact(first), _exact(second)
        if one is not None and other is not None:
            self.pairs.append((one, other))

    def products(self) -> tuple[Fraction, Fraction, Fraction]:
        """Sums of the products of deviations: of both, of the first, of the second."""
        count = len(self.pairs)
        mean_x, mean_y = (sum(pair[side] for pair in self.pairs) / Fraction(count) for side in (0, 1))
        deviations = [(x - mean_x, y - mean_y) for x, y in self.pairs]
        zero = Fraction(0)
        return (
            sum((x * y for x, y in deviations), zero),
            sum((x * x for x, _ in deviations), zero),
            sum((y * y for _, y in deviations), zero),
        )


class CovarianceSample(_Pairs):
    """``covar_samp``."""

    def finalize(self) -> float | None:
        """Null over fewer than two."""
        return float(self.products()[0] / (len(self.pairs) - 1)) if len(self.pairs) > 1 else None


class Correlation(_Pairs):
    """``corr``."""

    def finalize(self) -> float | None:
        """Null over nothing, and where one side is always the same."""
        if not self.pairs:
            return None
        both, first, second = self.products()
        return float(both) / math.sqrt(first * second) if first and second else None


AGGREGATES: dict[str, Any] = {
    "gemel_avg": Average,
    "gemel_sum": Sum,
    "gemel_corr": Correlation,
    "gemel_covar_samp": CovarianceSample,
    "gemel_var_samp": VarianceSample,
    "gemel_var_pop": VariancePopulation,
    "gemel_stddev_samp": DeviationSample,
    "gemel_stddev_pop": DeviationPopulation,
}
