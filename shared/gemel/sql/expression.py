"""Expressions of models and policies, over the row of a frame.

They are written over the mapped table. Where its columns stand for the row of the frame they are read from there; where
a select within the expression reads the same table anew, they are left to that. Which is which is SQLAlchemy's own rule
of correlation: it is told that the table stands in an enclosing select, as it does.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from gemel.policy import Claim
from gemel.policy.claim import replaced

Expression = sa.ColumnElement[Any]
MARK = "gemel_row"


class _OfRow(sa.ColumnElement[Any]):
    """A column of the table, or of the row of the frame."""

    inherit_cache = False

    def __init__(self, column: sa.ColumnClause[Any], source: sa.FromClause, text: str) -> None:
        self.column, self.source, self.text, self.type = column, source, text, column.type

    @property
    def _from_objects(self) -> list[Any]:
        return [self.source]


class _Within(sa.ColumnElement[Any]):
    """An expression in whose enclosing select the table stands."""

    inherit_cache = False

    def __init__(self, expression: Expression, source: sa.FromClause) -> None:
        self.inner, self.source, self.type = expression, source, expression.type


@compiles(_OfRow)
def _of_row(element: _OfRow, compiler: SQLCompiler, **options: Any) -> str:
    for entry in reversed(compiler.stack):
        if MARK in entry:
            return element.text
        if element.source in entry["asfrom_froms"]:
            break
    return compiler.process(element.column, **options)


@compiles(_Within)
def _within(element: _Within, compiler: SQLCompiler, **options: Any) -> str:
    source = element.source
    entry: Any = {
        "correlate_froms": {source},
        "asfrom_froms": {source},
        "compile_state": None,
        "selectable": sa.select(sa.literal_column("1")).select_from(source),
        MARK: True,
    }
    compiler.stack.append(entry)
    try:
        return compiler.process(element.inner, **{**options, "asfrom": False})
    finally:
        compiler.stack.pop()


def over_row(
    expression: Expression,
    source: sa.FromClause,
    named: Callable[[str], str],
    claimed: Callable[[Claim], Expression],
) -> Expression:
    """The expression over the row of a frame.

    :param source: the mapped table.
    :param named: SQL text of a column of the row, by name.
    :param claimed: the value of a claim.
    """

    def replace(element: Any) -> Any:
        if isinstance(element, Claim):
            return claimed(element)
        if isinstance(element, sa.ColumnClause) and getattr(element, "table", None) is source:
            return _OfRow(element, source, named(element.name))
        return None

    return _Within(replaced(expression, replace), source)
