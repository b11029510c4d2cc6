"""What is computed over values. Averages and statistics are floats, to be compared with a tolerance."""

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

from property.naive.data import Row, Value


def measure(name: str, values: Sequence[Value]) -> Value:
    """A measure of the values that are not null; ``None`` when there are none."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    if name == "min":
        return min(present)  # type: ignore[type-var]
    if name == "max":
        return max(present)  # type: ignore[type-var]
    if name == "sum":
        return sum(present)  # type: ignore[arg-type]
    return _statistic(name, [Fraction(str(value)) for value in present])


def average(values: Sequence[Value]) -> Fraction | None:
    """The exact mean of the values that are not null."""
    present = [Fraction(str(value)) for value in values if value is not None]
    return sum(present, Fraction(0)) / len(present) if present else None


def _statistic(name: str, values: Sequence[Fraction]) -> float | None:
    mean = sum(values, Fraction(0)) / len(values)
    if name == "avg":
        return float(mean)
    squares = sum(((value - mean) ** 2 for value in values), Fraction(0))
    divisor = len(values) if name.endswith("_pop") else len(values) - 1
    if divisor == 0:
        return None
    variance = squares / divisor
    return sqrt(variance) if name.startswith("stddev") else float(variance)


def count(rows: Sequence[Row], columns: Sequence[str], *, distinct: bool) -> int:
    """Rows; with one column, its values that are not null; several are a row value, which never is null."""
    if not columns:
        return len(rows)
    combinations = [tuple(row[column] for column in columns) for row in rows]
    if len(columns) == 1:
        combinations = [item for item in combinations if item[0] is not None]
    return len(set(combinations)) if distinct else len(combinations)
