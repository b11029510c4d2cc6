"""What the two databases say differently."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.engine import Dialect

from gemel.catalog import ValueType
from gemel.plan.model import Comparison, Use
from gemel.request import Operation, Operator
from gemel.sql.fragment import Fragment
from gemel.sql.statement import Encoder, Parameter

Form = Literal["value", "list"]
"""What a slot holds: a value, or a list of values."""

COMPARISONS: Mapping[Operator, str] = {
    Operator.EQ: "=",
    Operator.NEQ: "<>",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
}
Expression = ColumnElement[Any]


Bind = Callable[[Encoder], Expression]
"""Makes a bind parameter for the value of the comparison at hand."""
MakeParameter = Callable[[Parameter], Expression]
"""Makes a bind parameter of any kind."""


class Backend(Protocol):
    """A kind of database."""

    dialect: Dialect
    estimates: bool
    """``explain`` tells how many rows are to be expected."""
    bulk: bool
    """Many rows are inserted by one statement; else by one each."""
    marks_new: bool
    """An upsert can tell the rows that were not there before."""

    def json(self, value: Expression, type_: ValueType) -> Expression:
        """JSON text of a value; ``'null'`` for null, never null itself."""

    def concat_rows(self, value: Expression, order: Expression | None = None) -> Expression:
        """Aggregate: texts joined by commas, null over no rows.

        :param order: what to sort by, beside aggregates that may sort otherwise; else as the rows come.
        """

    def member(self, key: Expression, value: Expression) -> Expression:
        """A member of an object and a comma; an empty text if its value is ``'null'``."""

    def place(self, value: Expression, type_: ValueType, path: tuple[str | int, ...], as_text: bool) -> Expression:
        """What is at a place in a document; null when nothing is."""

    def compare(self, value: Expression, item: Comparison, bind: Bind) -> Expression:
        """Boolean expression of a comparison with a parameter.

        :raises Unsupported: this database cannot say it.
        """

    def search(self, value: Expression, rowid: Expression, item: Comparison, bind: Bind) -> Expression:
        """Boolean expression of a text search.

        :raises Unsupported: this database cannot search the column.
        """

    def assign(self, type_: ValueType, bind: Bind) -> Expression:
        """A parameter as the value of a column."""

    def cast(self, value: Expression, type_: ValueType, to: ValueType) -> Expression:
        """Cast for output.

        :raises Unsupported: this database cannot say it.
        """

    def measure(
        self, name: str, value: Expression, type_: ValueType, to: ValueType | None = None
    ) -> tuple[Expression, ValueType]:
        """Aggregate function over values, and the type of what it gives.

        :param to: what it will be cast to: a whole number is rounded from the exact value, halves away from zero.
        """

    def ordered(self, value: Expression, use: Use) -> Expression:
        """What a column, or a place in its document, is sorted and told apart by: the order of jsonb for documents."""

    def count_distinct(self, values: list[Expression]) -> Expression:
        """Number of different values or combinations."""

    def limit(self, bind: Bind | None, most: int | None) -> Expression:
        """What follows LIMIT; ``bind`` is missing if there is only a cap."""

    def offset(self, bind: Bind) -> Expression:
        """What follows OFFSET."""

    def add(self, value: Expression, type_: ValueType, bind: Bind) -> Expression:
        """A column's value plus a parameter."""

    def key(self, value: Expression) -> Expression:
        """A key's value in the form that ``keys`` takes."""

    def keys(self, types: list[ValueType], alias: str, parameter: MakeParameter) -> Expression:
        """A table of given keys: what stands after FROM; columns ``c0…``, and ``n`` in the order given.

        The keys stand behind the values of the request: ``parameter`` is asked for slots counted from the end.
        """

    def lists(self, items: Sequence[tuple[ValueType, Bind]], alias: str) -> Expression:
        """The same of lists of values in the form of a request, one for each column.

        :raises Unsupported: the database has no lists of such values.
        """

    def key_values(self, keys: Sequence[Sequence[object]], width: int) -> list[object]:
        """The values of those slots."""

    def kept(self, value: Expression, type_: ValueType) -> Expression:
        """A parameter in the form of ``key`` as the value of a column."""

    def images(self, width: int, alias: str, parameter: MakeParameter) -> Expression:
        """A table of given rows whose columns are in the form of ``key``: as ``keys``, but of any type."""

    def image(self, value: Expression, type_: ValueType) -> Expression:
        """A column of that table as the value that was stored."""

    def edited(self, value: Expression, operator: Operation, type_: ValueType, bind: Bind) -> Expression:
        """A document changed in part.

        :param operator: ``append``, ``prepend``, ``delete_key``, ``delete_elem`` or ``delete_at_path``.
        :param type_: of the parameter.
        """

    def image_values(self, rows: Sequence[Sequence[object]], width: int) -> list[object]:
        """The values of the slots of ``images``."""

    def explain(self, query: Expression) -> Fragment | None:
        """The plan of a select as JSON, in one row; ``None`` where there are no estimates."""

    def lock(self) -> str:
        """What follows a select of rows that will be changed."""

    def text(self, value: Expression, type_: ValueType) -> Expression:
        """A key's value as text, as it is written in a URL."""
