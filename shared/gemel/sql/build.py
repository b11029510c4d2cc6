"""Build one statement: aliases, bind parameters, and the frames that columns are read from."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from gemel.apart import in_turns
from gemel.catalog import Codec, Column, Kind, Table, ValueType
from gemel.catalog.types import simple, value_type
from gemel.plan.model import CLAIMS, Param, Use
from gemel.policy import Claim
from gemel.sql.backend import Backend, Bind, Expression
from gemel.sql.expression import over_row
from gemel.sql.fragment import Fragment, sql
from gemel.sql.processed import processed
from gemel.sql.statement import Encoder, Parameter, Statement


@dataclass
class Builder:
    """One statement in the making."""

    backend: Backend
    parameters: dict[str, Parameter] = field(default_factory=dict)
    codecs: list[Codec] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    def alias(self) -> str:
        """A name that is used once."""
        return f"t{next(self._numbers)}"

    def quote(self, name: str) -> str:
        """An identifier of the catalog."""
        return str(self.backend.dialect.identifier_preparer.quote(name))

    def table(self, source: sa.FromClause) -> str | Expression:
        """A table, or the select that a class is mapped to, as it stands after FROM."""
        if isinstance(source, sa.Table):
            return str(self.backend.dialect.identifier_preparer.format_table(source))
        inner = source.element if isinstance(source, sa.Subquery) else source
        return sql("(", inner, ")")  # type: ignore[arg-type]

    def bind(self, param: Param) -> "Binding":
        """Makes the parameter once its encoder is known."""
        return Binding(self, param)

    def parameter(self, item: Parameter) -> Expression:
        """A bind parameter. The same slot with the same encoder is one parameter only if it is one object."""
        name = f"v{len(self.parameters)}"
        self.parameters[name] = item
        return sa.bindparam(name, None, type_=sa.Text())

    def claimed(self, claim: Claim, type_: ValueType) -> Expression:
        """A claim of who asks, as a value of a type."""
        return self.assigned(type_, ClaimBinding(self, claim))

    def assigned(self, type_: ValueType, bind: Bind) -> Expression:
        """A parameter as the value of a column."""
        return self.backend.assign(self.stored(type_), processed(bind, type_.codec, self.backend.dialect))

    def stored(self, type_: ValueType) -> ValueType:
        """What this database holds of a type."""
        return type_.stored(self.backend.dialect)

    def constant(self, text: str) -> Expression:
        """A text of the client's that stays the same for the statement, such as an alias."""
        return self.parameter(Parameter(None, None, text))

    def statement(self, fragment: Fragment) -> Statement:
        """Compile."""
        compiled = fragment.compile(dialect=self.backend.dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is no DDL
        text, names, given = compiled.string, list(compiled.positiontup or ()), compiled.construct_params()
        processors = dict(compiled._bind_processors)
        if compiled.post_compile_params:  # lists of constants, of which each is a parameter
            state = compiled.construct_expanded_state()
            text, names, given = state.statement, list(state.positiontup or ()), dict(state.parameters)
            processors |= state.processors
        parameters = []
        for name in in_turns(names):
            item = self.parameters.get(name)
            if item is None:  # a constant of an expression of the models
                value = processors[name](given[name]) if name in processors else given[name]  # type: ignore[operator]
                item = Parameter(None, None, value)
            parameters.append(item)
        return Statement(text, tuple(parameters), tuple(self.codecs))


@dataclass(frozen=True)
class Binding:
    """A value to bind."""

    builder: Builder
    param: Param

    def __call__(self, encode: Encoder) -> Expression:
        """The parameter."""
        return self.builder.parameter(Parameter(self.param.slot, encode, at=self.param.at))


@dataclass(frozen=True)
class ClaimBinding:
    """A claim to bind."""

    builder: Builder
    claim: Claim

    def __call__(self, encode: Encoder) -> Expression:
        """The parameter."""
        of = self.claim.of
        return self.builder.parameter(
            Parameter(CLAIMS, lambda claims: encode(of(claims)))  # type: ignore[arg-type]  # what stands in this slot
        )


@dataclass(frozen=True)
class Frame:
    """What the columns of a table are read from: the table under an alias, or a select of some of its columns."""

    builder: Builder
    alias: str
    """Empty where the table is the only one, and has no alias (RETURNING)."""
    table: Table
    selected: bool = False
    """Computed columns are there by name."""

    def column(self, column: Column) -> Expression:
        """A column of the table."""
        if column.computed and not self.selected:
            return self.adapt(column.expression)
        return self.named(column.name)

    def named(self, name: str) -> Expression:
        """A stored column by name."""
        quoted = self.builder.quote(name)
        return sql(f"{self.alias}.{quoted}" if self.alias else quoted)

    @property
    def rowid(self) -> Expression:
        """SQLite's own key of the row."""
        return sql(f"{self.alias}.rowid")

    def adapt(self, expression: sa.ColumnElement[Any]) -> Expression:
        """An expression over the mapped table, over this frame instead."""
        builder = self.builder
        return over_row(
            expression,
            self.table.source,
            lambda name: f"{self.alias}.{builder.quote(name)}",
            lambda claim: builder.claimed(claim, value_type(claim.type)),
        )

    def use(self, use: Use) -> Expression:
        """A column, or the place in its document."""
        value = self.column(use.column)
        if not use.path:
            return self._text(value, use) if use.as_text else value
        return self.builder.backend.place(value, use.column.type, use.path, use.as_text)

    def _text(self, value: Expression, use: Use) -> Expression:
        """A document as its text."""
        return self.builder.backend.cast(value, self.builder.stored(use.column.type), simple(Kind.TEXT))

    def ordered(self, use: Use) -> Expression:
        """What is sorted by and told apart by."""
        return self.builder.backend.ordered(self.use(use), use)
