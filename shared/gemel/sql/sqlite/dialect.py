"""How SQLite says it. Names that begin with ``gemel_`` are functions of ours (``functions.py``)."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect

from gemel.catalog import Kind, ValueType
from gemel.catalog.types import INTEGERS, simple
from gemel.errors import Unsupported
from gemel.plan.model import Comparison, Use
from gemel.request import Operation, Operator
from gemel.sql.backend import COMPARISONS, Bind, Expression, MakeParameter
from gemel.sql.encode import json_text, text_encoder
from gemel.sql.fragment import join, sql
from gemel.sql.sqlite import images
from gemel.sql.sqlite.encode import list_encoder, storage_encoder
from gemel.sql.sqlite.patterns import folded_pattern, glob_pattern, regular_expression, similar_pattern
from gemel.sql.sqlite.search import search_query
from gemel.sql.statement import Encoder, Parameter

STATISTICS = {
    "avg": "gemel_avg",
    "stddev": "gemel_stddev_samp",
    "stddev_samp": "gemel_stddev_samp",
    "stddev_pop": "gemel_stddev_pop",
    "variance": "gemel_var_samp",
    "var_samp": "gemel_var_samp",
    "var_pop": "gemel_var_pop",
    "corr": "gemel_corr",
    "covar_samp": "gemel_covar_samp",
}
DOCUMENT_TESTS = {
    Operator.CONTAINS: "gemel_contains",
    Operator.CONTAINED: "gemel_contained",
    Operator.OVERLAPS: "gemel_overlaps",
    Operator.HAS_KEY: "gemel_has_key",
    Operator.HAS_KEYS_ANY: "gemel_has_any",
    Operator.HAS_KEYS_ALL: "gemel_has_all",
}
PATTERNS: dict[Operator, Encoder] = {
    Operator.LIKE: glob_pattern,
    Operator.ILIKE: folded_pattern,
    Operator.SIMILAR: similar_pattern,
    Operator.REGEX: regular_expression,
    Operator.IREGEX: regular_expression,
}
NUMBER_TEXTS = {Kind.NUMERIC: "gemel_decimal", Kind.REAL: "gemel_real", Kind.DOUBLE: "gemel_number"}
UNQUOTABLE = re.compile(r'["\\]')


class _WithoutSchemas(SQLiteIdentifierPreparer):
    """A schema is a name for a group of models here: all tables are in the one database (``rest.md`` section 18)."""

    @staticmethod
    def schema_for_object(_: object) -> Any:  # type: ignore[override]
        """None."""
        return None


class _Dialect(SQLiteDialect_pysqlite):
    preparer = _WithoutSchemas
    supports_statement_cache = True


class SQLite:
    """SQLite 3.40 and later."""

    dialect: Dialect = _Dialect()
    estimates = False
    bulk = False
    marks_new = False

    def json(self, value: Expression, type_: ValueType) -> Expression:
        """From the storage form, by the type that the model declares."""
        kind = type_.kind
        if kind in INTEGERS:
            return sql("coalesce(", value, ", 'null')")
        if kind is Kind.BOOLEAN:
            return sql("CASE WHEN ", value, " IS NULL THEN 'null' WHEN ", value, " THEN 'true' ELSE 'false' END")
        if kind is Kind.NUMERIC and type_.scale is not None:
            return sql(
                "coalesce(CASE WHEN ", value, f" IS NOT NULL THEN printf('%.{type_.scale}f', ", value, ") END, 'null')"
            )
        if kind in NUMBER_TEXTS:
            return sql(f"{NUMBER_TEXTS[kind]}(", value, ")")
        if type_.is_document or kind is Kind.ARRAY:
            return sql("coalesce(json(", value, "), 'null')")
        if kind is Kind.BPCHAR and type_.length is not None:
            blanks = " " * type_.length
            value = sql("substr(", value, f" || '{blanks}', 1, max(length(", value, f"), {type_.length}))")
        text = self._text(value, kind)
        return sql("json_quote(", value, ")") if text is None else sql("coalesce('\"' || ", text, " || '\"', 'null')")

    def _text(self, value: Expression, kind: Kind) -> Expression | None:
        if kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.TIME, Kind.TIMETZ):
            trimmed = sql(
                "CASE WHEN instr(", value, ", '.') THEN rtrim(rtrim(", value, ", '0'), '.') ELSE ", value, " END"
            )
            zone = " || '+00:00'" if kind is Kind.TIMESTAMPTZ else " || '+00'" if kind is Kind.TIMETZ else ""
            return sql("replace(", trimmed, f", ' ', 'T'){zone}")
        if kind is Kind.DATE:
            return sql(value)
        if kind is Kind.UUID:
            return sql("gemel_uuid(", value, ")")
        if kind is Kind.BYTEA:
            return sql("'\\\\x' || lower(hex(", value, ")) || CASE WHEN ", value, " IS NULL THEN NULL ELSE '' END")
        if kind is Kind.INTERVAL:
            return sql("gemel_interval(", value, ")")
        return None

    def concat_rows(self, value: Expression, order: Expression | None = None) -> Expression:
        """In the order of the subquery that it reads from, whatever stands beside it."""
        return sql("group_concat(", value, ", ',')")

    def member(self, key: Expression, value: Expression) -> Expression:
        """A function of ours: SQLite's parser has little room for what is nested."""
        return sql("gemel_member(", key, ", ", value, ")")

    def place(self, value: Expression, type_: ValueType, path: tuple[str | int, ...], as_text: bool) -> Expression:
        """``->`` with a path (https://sqlite.org/json1.html); the text of ``->>`` is made by us, for SQLite's keeps
        the SQL type.

        :raises Unsupported: a key with a quote, for which SQLite's paths have no form.
        """
        steps = ["$"]
        for step in path:
            if isinstance(step, int):
                steps.append(f"[{step}]" if step >= 0 else f"[#{step}]")
            elif UNQUOTABLE.search(step):
                raise Unsupported(f"SQLite cannot look up the key {step!r} of a JSON column")
            else:
                steps.append(f'."{step}"')
        found = sql("(", value, " -> ", sa.literal("".join(steps), sa.Text()), ")")
        return sql("gemel_unquote(", found, ")") if as_text else found

    def compare(self, value: Expression, item: Comparison, bind: Bind) -> Expression:
        """One test."""
        type_, operator = item.use.type, item.operator
        if operator in (Operator.NULL, Operator.UNKNOWN):
            return sql("(", value, " IS NULL)")
        if operator in (Operator.TRUE, Operator.FALSE):
            return sql("(", value, " IS ", "1" if operator is Operator.TRUE else "0", ")")
        if type_.is_document or type_.kind is Kind.ARRAY:
            return self._document(value, item, bind)
        if (
            operator not in COMPARISONS
            and operator not in PATTERNS
            and operator not in (Operator.IN, Operator.DISTINCT)
        ):
            raise Unsupported(f"operator {operator.value!r} needs PostgreSQL, or on SQLite a JSON column")
        encode = PATTERNS.get(operator) or storage_encoder(type_)
        if operator is Operator.IN:
            self._not_bytes(type_)
            return sql("(", value, " IN (SELECT value FROM json_each(", bind(list_encoder(encode)), ")))")
        if item.quantifier is not None:
            self._not_bytes(type_)
            return self._quantified(value, item, bind(list_encoder(encode)))
        return self._simple(value, operator, bind(encode))

    def search(self, value: Expression, rowid: Expression, item: Comparison, bind: Bind) -> Expression:
        """By an FTS5 table (https://sqlite.org/fts5.html) that the model has declared; the language is the table's.

        :raises Unsupported: it has declared none for this column.
        """
        assert isinstance(item.use, Use)  # noqa: S101 - nothing that is computed is searched
        name, table = item.use.column.name, item.use.column.fulltext
        if table is None or item.use.path:
            raise Unsupported(f"text search on SQLite needs an FTS5 table for {name!r}: name it in the column's info")
        quoted = self.dialect.identifier_preparer.quote(table)
        query = bind(search_query(item.operator, name))
        return sql("(", rowid, f" IN (SELECT rowid FROM {quoted} WHERE {quoted} MATCH ", query, "))")  # noqa: S608

    def _not_bytes(self, type_: ValueType) -> None:
        if type_.kind is Kind.BYTEA:
            raise Unsupported("SQLite cannot compare bytes with a list")

    def _simple(self, value: Expression, operator: Operator, argument: Expression) -> Expression:
        if operator is Operator.LIKE:
            return sql("(", value, " GLOB ", argument, ")")
        if operator is Operator.ILIKE:
            return sql("(gemel_lower(", value, ") LIKE ", argument, " ESCAPE '\\')")
        if operator in (Operator.REGEX, Operator.IREGEX, Operator.SIMILAR):
            flag = "1" if operator is Operator.IREGEX else "0"
            return sql("gemel_regex(", argument, ", ", value, f", {flag})")
        if operator is Operator.DISTINCT:
            return sql("(", value, " IS NOT ", argument, ")")
        return sql("(", value, f" {COMPARISONS[operator]} ", argument, ")")

    def _quantified(self, value: Expression, item: Comparison, argument: Expression) -> Expression:
        """Three-valued, as PostgreSQL has it: a null in the list makes unknown what it could have decided."""
        test = self._simple(value, item.operator, sql("value"))
        decided = "max(t) THEN 1" if item.quantifier == "any" else "min(t) = 0 THEN 0"
        otherwise = "0" if item.quantifier == "any" else "1"
        verdict = f"CASE WHEN {decided} WHEN count(*) > count(t) THEN NULL ELSE {otherwise} END"
        return sql("(SELECT ", verdict, " FROM (SELECT ", test, " AS t FROM json_each(", argument, ")))")

    def _document(self, value: Expression, item: Comparison, bind: Bind) -> Expression:
        encode = (
            text_encoder(simple(Kind.JSONB)) if item.use.type.kind is not Kind.ARRAY else storage_encoder(item.use.type)
        )
        operator = item.operator
        if operator is Operator.IN:
            return sql("gemel_document_in(", value, ", ", bind(text_encoder(simple(Kind.JSONB))), ")")
        if operator in DOCUMENT_TESTS:
            return sql(f"{DOCUMENT_TESTS[operator]}(", value, ", ", bind(encode), ")")
        if operator is Operator.DISTINCT:
            argument = bind(encode)
            order = sql("gemel_document_order(", value, ", ", argument, ")")
            return sql("coalesce(", order, " <> 0, ", value, " IS NOT NULL)")
        if operator in COMPARISONS and item.quantifier is None:
            return sql("(gemel_document_order(", value, ", ", bind(encode), f") {COMPARISONS[operator]} 0)")
        raise Unsupported(f"operator {operator.value!r} needs PostgreSQL for JSON columns")

    def assign(self, type_: ValueType, bind: Bind) -> Expression:
        """The storage form; length, precision and scale are checked."""
        return bind(storage_encoder(type_, assign=True))

    def cast(self, value: Expression, type_: ValueType, to: ValueType) -> Expression:
        """Through the JSON form, in Python; of a moment its text has a blank where JSON has a T."""
        if to.kind is Kind.TEXT and type_.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
            trimmed = sql("replace(", self.text(value, type_), ", 'T', ' ')")
            return (
                sql("substr(", trimmed, ", 1, length(", trimmed, ") - 3)")
                if type_.kind is Kind.TIMESTAMPTZ
                else trimmed
            )
        return sql("gemel_cast(", self.json(value, type_), f", '{to.kind.value}')")

    def measure(
        self, name: str, value: Expression, type_: ValueType, to: ValueType | None = None
    ) -> tuple[Expression, ValueType]:
        """Averages, statistics and decimal sums are computed exactly and rounded once."""
        if name in STATISTICS:
            return sql(f"{STATISTICS[name]}(", value, ")"), simple(Kind.DOUBLE)
        if name == "count":
            return sql("count(", value, ")"), simple(Kind.BIGINT)
        if name == "sum" and type_.kind is Kind.NUMERIC:
            return sql("gemel_sum(", value, ")"), type_
        if name == "sum" and type_.kind in INTEGERS:
            return sql("sum(", value, ")"), simple(Kind.BIGINT)
        name = {"bool_and": "min", "bool_or": "max"}.get(name, name)
        return sql(f"{name}(", value, ")"), type_

    def ordered(self, value: Expression, use: Use) -> Expression:
        """As text: a column declared JSON makes a number of a document that is one."""
        return sql("(CAST(", value, " AS text) COLLATE gemel_document)") if use.type.is_document else value

    def count_distinct(self, values: list[Expression]) -> Expression:
        """Several values count as a row."""
        inner = values[0] if len(values) == 1 else sql("json_array(", join(", ", values), ")")
        return sql("count(DISTINCT ", inner, ")")

    def limit(self, bind: Bind | None, most: int | None) -> Expression:
        """A negative limit is none."""
        if bind is None:
            return sql(str(most))

        def encode(value: object) -> object:
            given = -1 if value is None else min(int(str(value)), 2**63 - 1)
            return given if most is None else most if given < 0 else min(given, most)

        return bind(encode)

    def offset(self, bind: Bind) -> Expression:
        """No offset is 0."""
        return bind(lambda value: 0 if value is None else min(int(str(value)), 2**63 - 1))

    def text(self, value: Expression, type_: ValueType) -> Expression:
        """The JSON form without its quotes."""
        return sql("gemel_unquote(", self.json(value, type_), ")")

    def add(self, value: Expression, type_: ValueType, bind: Bind) -> Expression:
        """``+``; whole numbers keep to the range of their type, decimals to their scale."""
        total = sql(value, " + ", bind(storage_encoder(type_)))
        if type_.kind in INTEGERS:
            return sql("gemel_in_range(", total, f", '{type_.kind.value}')")
        if type_.kind is Kind.NUMERIC and type_.scale is not None:
            return sql("round(", total, f", {type_.scale})")
        return total

    def key(self, value: Expression) -> Expression:
        """As it is stored."""
        return value

    def keys(self, types: list[ValueType], alias: str, parameter: MakeParameter) -> Expression:
        """A JSON array of arrays."""
        columns = ", ".join(f"json_extract(value, '$[{number}]') AS c{number}" for number in range(len(types)))
        given = parameter(Parameter(-1, lambda value: value))
        return sql("(SELECT ", columns, ", key AS n FROM json_each(", given, f")) AS {alias}")

    def lists(self, items: Sequence[tuple[ValueType, Bind]], alias: str) -> Expression:
        """One JSON array per column, side by side."""
        columns, sources = [], []
        for number, (type_, bind) in enumerate(items):
            self._not_bytes(type_)
            columns.append(f"l{number}.value AS c{number}")
            beside = f" AS l{number}" if number == 0 else f" AS l{number} ON l{number}.key = l0.key"
            sources.append(sql("json_each(", bind(list_encoder(storage_encoder(type_))), f"){beside}"))
        return sql("(SELECT ", ", ".join(columns), ", l0.key AS n FROM ", join(" JOIN ", sources), f") AS {alias}")

    def key_values(self, keys: Sequence[Sequence[object]], width: int) -> list[object]:
        """One JSON text."""
        return [json_text([list(key) for key in keys])]

    def kept(self, value: Expression, type_: ValueType) -> Expression:
        """As it is stored."""
        return value

    def images(self, width: int, alias: str, parameter: MakeParameter) -> Expression:
        """A JSON array of arrays."""
        columns = ", ".join(f"json_extract(value, '$[{number}]') AS c{number}" for number in range(width))
        given = parameter(Parameter(-1, lambda value: value))
        return sql("(SELECT ", columns, ", key AS n FROM json_each(", given, f")) AS {alias}")

    def image(self, value: Expression, type_: ValueType) -> Expression:
        """What JSON cannot hold exactly is written in a text of ours (``image_values``)."""
        return sql("gemel_image(", value, ")")

    def image_values(self, rows: Sequence[Sequence[object]], width: int) -> list[object]:
        """One JSON text."""
        return [json_text([[images.framed(value) for value in row] for row in rows])]

    def edited(self, value: Expression, operator: Operation, type_: ValueType, bind: Bind) -> Expression:
        """Functions of ours."""
        if operator in ("append", "prepend"):
            other = bind(text_encoder(simple(Kind.JSONB)))
            parts = (value, other) if operator == "append" else (other, value)
            return sql("gemel_joined(", join(", ", parts), ")")
        if operator == "delete_at_path":
            return sql("gemel_without_path(", value, ", ", bind(list_encoder(text_encoder(type_))), ")")
        function = "gemel_without_key" if operator == "delete_key" else "gemel_without_element"
        return sql(f"{function}(", value, ", ", bind(storage_encoder(type_)), ")")

    def explain(self, query: Expression) -> None:
        """See ``Backend``."""

    def lock(self) -> str:
        """The transaction has locked the database already (BEGIN IMMEDIATE)."""
        return ""
