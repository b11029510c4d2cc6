"""How PostgreSQL says it.

Every parameter goes as text and is cast in the statement, so that the server's own input functions read it and its own
SQLSTATEs come back; and asyncpg never sees a type it would read differently (docs/decisions.md, 9).
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect

from gemel.catalog import Kind, ValueType
from gemel.catalog.types import INTEGERS, simple
from gemel.plan.model import Comparison, Use
from gemel.request import Operation, Operator
from gemel.sql.backend import COMPARISONS, Bind, Expression, MakeParameter
from gemel.sql.encode import like_pattern, list_encoder, plain_text, text_encoder
from gemel.sql.fragment import Fragment, join, sql
from gemel.sql.lists import list_of, list_text, unnested
from gemel.sql.statement import Encoder, Parameter

MATCHES = {
    Operator.LIKE: "LIKE",
    Operator.ILIKE: "ILIKE",
    Operator.SIMILAR: "SIMILAR TO",
    Operator.REGEX: "~",
    Operator.IREGEX: "~*",
}
SETS = {
    Operator.CONTAINS: "@>",
    Operator.CONTAINED: "<@",
    Operator.OVERLAPS: "&&",
    Operator.LEFT_OF: "<<",
    Operator.RIGHT_OF: ">>",
    Operator.NOT_RIGHT_OF: "&<",
    Operator.NOT_LEFT_OF: "&>",
    Operator.ADJACENT: "-|-",
}
KEYS = {Operator.HAS_KEY: "?", Operator.HAS_KEYS_ANY: "?|", Operator.HAS_KEYS_ALL: "?&"}
QUERIES = {
    Operator.FTS: "to_tsquery",
    Operator.FTS_PLAIN: "plainto_tsquery",
    Operator.FTS_PHRASE: "phraseto_tsquery",
    Operator.FTS_WEB: "websearch_to_tsquery",
}
TRUTHS = {Operator.TRUE: "TRUE", Operator.FALSE: "FALSE", Operator.UNKNOWN: "UNKNOWN", Operator.NULL: "NULL"}
PLAIN = INTEGERS | {Kind.BOOLEAN, Kind.JSON, Kind.JSONB}
PAIRED = frozenset({"corr", "covar_samp"})
FLOAT_RESULTS = frozenset({"avg", "variance", "var_samp", "var_pop"})


class PostgreSQL:
    """PostgreSQL 15 and later."""

    dialect: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    estimates = True
    bulk = True
    marks_new = True

    def json(self, value: Expression, type_: ValueType) -> Expression:
        """``to_json`` where the text form is not JSON already."""
        text = sql(value, "::text") if type_.kind in PLAIN else sql("to_json(", value, ")::text")
        return sql("coalesce(", text, ", 'null')")

    def concat_rows(self, value: Expression, order: Expression | None = None) -> Expression:
        """In the order of the subquery that it reads from, unless a DISTINCT aggregate beside it has it sorted."""
        return sql("string_agg(", value, ", ','", *((" ORDER BY ", order) if order is not None else ()), ")")

    def member(self, key: Expression, value: Expression) -> Expression:
        """The value is computed once."""
        return sql(
            "(SELECT CASE WHEN v = 'null' THEN '' ELSE ", key, " || v || ',' END FROM (SELECT ", value, " AS v) AS m)"
        )

    def place(self, value: Expression, type_: ValueType, path: tuple[str | int, ...], as_text: bool) -> Expression:
        """``->`` and ``->>``; what is not JSON goes through its JSON form. The keys are the client's: bound."""
        found = value if type_.is_document else sql("to_jsonb(", value, ")")
        for number, step in enumerate(path, 1):
            arrow = "->>" if as_text and number == len(path) else "->"
            key: Expression = sql(str(step)) if isinstance(step, int) else sa.literal(step, sa.Text())
            found = sql("(", found, f" {arrow} ", key, ")")
        return found

    def compare(self, value: Expression, item: Comparison, bind: Bind) -> Expression:
        """One test."""
        type_, operator = item.use.type, item.operator
        if type_.kind is Kind.JSON:  # json has no equality of its own
            value, type_ = sql("(", value, ")::jsonb"), simple(Kind.JSONB)
        if item.use.path and not item.use.as_text:
            value = sql("(", value, ")::jsonb")
        if operator in TRUTHS:
            return sql("(", value, f" IS {TRUTHS[operator]})")
        if operator is Operator.IN:
            return sql("(", value, " = ANY (", self._array(type_, bind), "))")
        if operator in KEYS:
            argument_of = self._argument if operator is Operator.HAS_KEY else self._array
            return sql("(", value, f" {KEYS[operator]} ", argument_of(simple(Kind.TEXT), bind), ")")
        if operator is Operator.DISTINCT:
            return sql("(", value, " IS DISTINCT FROM ", self._argument(type_, bind), ")")
        symbol = COMPARISONS.get(operator) or MATCHES.get(operator) or SETS[operator]
        argument = simple(Kind.TEXT) if operator in MATCHES else type_
        if item.quantifier is not None:
            quantifier = item.quantifier.upper()
            return sql("(", value, f" {symbol} {quantifier} (", self._array(argument, bind), "))")
        encode = like_pattern if operator in (Operator.LIKE, Operator.ILIKE) else None
        return sql("(", value, f" {symbol} ", self._argument(argument, bind, encode=encode), ")")

    def search(self, value: Expression, rowid: Expression, item: Comparison, bind: Bind) -> Expression:
        """``@@`` (manual, chapter 12)."""
        language: list[Expression] = []
        if item.language is not None:
            language = [sql("CAST(", sa.literal(item.language, sa.Text()), " AS regconfig)")]
        vector = item.use.type.name == "tsvector"
        document = value if vector else sql("to_tsvector(", join(", ", [*language, value]), ")")
        query = join(", ", [*language, self._argument(simple(Kind.TEXT), bind)])
        return sql("(", document, f" @@ {QUERIES[item.operator]}(", query, "))")

    def assign(self, type_: ValueType, bind: Bind) -> Expression:
        """A parameter, cast to the column's type."""
        return self._argument(type_, bind)

    def _argument(self, type_: ValueType, bind: Bind, *, encode: Encoder | None = None) -> Expression:
        encode = encode or (plain_text if type_.kind is Kind.TEXT else text_encoder(type_))
        return sql("CAST(", bind(encode), f" AS {type_.name})")

    def _array(self, type_: ValueType, bind: Bind) -> Expression:
        return list_of(bind(list_encoder(type_)), type_.name)

    def cast(self, value: Expression, type_: ValueType, to: ValueType) -> Expression:
        """The server casts whatever it can."""
        return sql("CAST(", value, f" AS {to.name})")

    def measure(
        self, name: str, value: Expression, type_: ValueType, to: ValueType | None = None
    ) -> tuple[Expression, ValueType]:
        """Averages and statistics are given as ``double precision``, so that both databases print them alike."""
        if name in FLOAT_RESULTS and to is not None and to.kind in INTEGERS:  # a double would round halves to even
            return sql(f"{name}(", value, ")"), simple(Kind.NUMERIC)
        if name.startswith("stddev"):  # the root is taken of the double, as on SQLite
            variance = {"stddev": "var_samp", "stddev_samp": "var_samp", "stddev_pop": "var_pop"}[name]
            return sql(f"sqrt(CAST({variance}(", value, ") AS double precision))"), simple(Kind.DOUBLE)
        if name in FLOAT_RESULTS:
            return sql(f"CAST({name}(", value, ") AS double precision)"), simple(Kind.DOUBLE)
        if name == "sum" and type_.kind in INTEGERS:
            return sql("sum(", value, ")"), simple(Kind.NUMERIC)
        if name == "count":
            return sql("count(", value, ")"), simple(Kind.BIGINT)
        if name in PAIRED:
            return sql(f"{name}(", value, ")"), simple(Kind.DOUBLE)
        if type_.kind is Kind.UUID:  # no min and max of uuid before PostgreSQL 18
            return sql(f"CAST({name}(CAST(", value, " AS text)) AS uuid)"), type_
        return sql(f"{name}(", value, ")"), type_

    def ordered(self, value: Expression, use: Use) -> Expression:
        """``json`` has neither an order nor an equality of its own."""
        plain = use.type.is_document and use.column.type.kind is Kind.JSON
        return sql("(", value, ")::jsonb") if plain else value

    def count_distinct(self, values: list[Expression]) -> Expression:
        """Several values count as a row."""
        inner = values[0] if len(values) == 1 else sql("(", join(", ", values), ")")
        return sql("count(DISTINCT ", inner, ")")

    def limit(self, bind: Bind | None, most: int | None) -> Expression:
        """A null limit is none."""
        if bind is None:
            return sql(str(most))
        given = sql("CAST(", bind(plain_text), " AS bigint)")
        return given if most is None else sql("least(", given, f", {most})")

    def offset(self, bind: Bind) -> Expression:
        """A null offset is none."""
        return sql("CAST(", bind(plain_text), " AS bigint)")

    def text(self, value: Expression, type_: ValueType) -> Expression:
        """The server's text form."""
        return sql("CAST(", value, " AS text)")

    def add(self, value: Expression, type_: ValueType, bind: Bind) -> Expression:
        """``+``."""
        return sql(value, " + ", self._argument(type_, bind))

    def key(self, value: Expression) -> Expression:
        """As text."""
        return sql("CAST(", value, " AS text)")

    def keys(self, types: list[ValueType], alias: str, parameter: MakeParameter) -> Expression:
        """One array per column, through ``unnest``."""
        return unnested([_given(parameter, number - len(types), type_) for number, type_ in enumerate(types)], alias)

    def lists(self, items: Sequence[tuple[ValueType, Bind]], alias: str) -> Expression:
        """One array per column, through ``unnest``."""
        return unnested([self._array(type_, bind) for type_, bind in items], alias)

    def key_values(self, keys: Sequence[Sequence[object]], width: int) -> list[object]:
        """A list per column."""
        return [[key[number] for key in keys] for number in range(width)]

    def kept(self, value: Expression, type_: ValueType) -> Expression:
        """Cast from text."""
        return sql("CAST(", value, f" AS {type_.name})")

    def images(self, width: int, alias: str, parameter: MakeParameter) -> Expression:
        """One array of texts per column."""
        return self.keys([simple(Kind.TEXT)] * width, alias, parameter)

    def image(self, value: Expression, type_: ValueType) -> Expression:
        """Cast from text."""
        return self.kept(value, type_)

    def image_values(self, rows: Sequence[Sequence[object]], width: int) -> list[object]:
        """A list per column."""
        return self.key_values(rows, width)

    def edited(self, value: Expression, operator: Operation, type_: ValueType, bind: Bind) -> Expression:
        """The operators of jsonb (manual, section 9.16)."""
        if operator == "append":
            return sql(value, " || ", self._argument(type_, bind))
        if operator == "prepend":
            return sql(self._argument(type_, bind), " || ", value)
        if operator == "delete_at_path":
            return sql(value, " #- ", self._array(type_, bind))
        return sql(value, " - ", self._argument(type_, bind))

    def explain(self, query: Expression) -> Fragment:
        """See ``Backend``."""
        return sql("EXPLAIN (FORMAT JSON) ", query)

    def lock(self) -> str:
        """Until the end of the transaction."""
        return " FOR UPDATE"


def _given(parameter: MakeParameter, slot: int, type_: ValueType) -> Expression:
    return list_of(parameter(Parameter(slot, list_text)), type_.name)  # type: ignore[arg-type]  # of ``key_values``
