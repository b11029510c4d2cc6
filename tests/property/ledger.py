"""Random changes of two tables, and how each way of writing says them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from gemel.hooks import Hook, Hooks


class Base(DeclarativeBase):
    """Of this app."""


class Account(Base):
    """Entries refer to it."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    level: Mapped[int] = mapped_column(default=7)
    note: Mapped[str | None]
    entries: Mapped[list["Entry"]] = relationship(back_populates="account")


class Entry(Base):
    """Refers to an account."""

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    level: Mapped[int] = mapped_column(sa.CheckConstraint("level < 4"))
    note: Mapped[str | None]
    account: Mapped[Account] = relationship(back_populates="entries")


TABLES: Mapping[str, sa.Table] = {name: Base.metadata.tables[name] for name in ("account", "entry")}
Row = Mapping[str, Any]
Resolution = Literal["ignore", "merge"] | None


@dataclass(frozen=True)
class Insert:
    """Rows with the same columns."""

    table: str
    rows: tuple[Row, ...]
    resolution: Resolution = None
    entries: tuple[Row, ...] = ()
    """Of an account: rows that are nested in the first one, without ``account_id``."""


@dataclass(frozen=True)
class Change:
    """An update, or without ``values`` a delete."""

    table: str
    column: str
    wanted: tuple[Any, ...]
    """Values of the column that rows are chosen by; ``None``: those in which it is null."""
    values: Row = field(default_factory=dict)


Step = Insert | Change
Transaction = tuple[Step, ...]

NOTES = (None, "", "a", "ä\n'\"\\")
NAMES = ("a", "b", "c", "d")


def transactions(seed: int) -> list[Transaction]:
    """Twenty transactions of one to three steps; the same ones for a seed. Many of them violate a constraint."""
    random = Random(seed)
    return [tuple(_step(random) for _ in range(random.randint(1, 3))) for _ in range(20)]


def _step(random: Random) -> Step:
    resolution = random.choice(("ignore", "merge"))
    match random.randrange(9):
        case 0 | 1:
            return Insert("account", _rows(random, "account"))
        case 2:
            return Insert("entry", _rows(random, "entry"))
        case 3:
            return Insert("account", _rows(random, "account", unlike=True, level=True), resolution)
        case 4:
            return Insert("entry", _rows(random, "entry", unlike=True), resolution)
        case 5:
            nested = tuple({k: v for k, v in row.items() if k != "account_id"} for row in _rows(random, "entry"))
            return Insert("account", _rows(random, "account")[:1], None, nested)
        case 6:
            return Change("account", "id", _some(random), _values(random, ("name", "level", "note")))
        case 7:
            column = random.choice(("id", "account_id", "level"))
            return Change("entry", column, _some(random), _values(random, ("account_id", "level", "note")))
        case _:
            return Change("entry", "note", (None,), _values(random, ("note", "level")))


def _rows(random: Random, table: str, *, unlike: bool = False, level: bool = False) -> tuple[Row, ...]:
    """:param unlike: of an upsert: PostgreSQL alone refuses the same key twice."""
    keys = [random.randint(1, 6) for _ in range(random.randint(1, 3))]
    columns = ("account_id", "level", "note") if table == "entry" else ("name", "note", *(["level"] if level else []))
    return tuple(
        {"id": key} | {name: _value(random, name) for name in columns} for key in (set(keys) if unlike else keys)
    )


def _value(random: Random, column: str) -> Any:
    match column:
        case "name":
            return random.choice(NAMES)
        case "note":
            return random.choice(NOTES)
    return random.randint(1, 6) if column == "account_id" else random.randint(0, 4)


def _values(random: Random, columns: Sequence[str]) -> Row:
    """Of an update; of a delete none."""
    chosen = [name for name in columns if random.random() < 0.4]
    return {name: _value(random, name) for name in chosen}


def _some(random: Random) -> tuple[int, ...]:
    return tuple(random.randint(1, 6) for _ in range(random.randint(1, 3)))


def hooked() -> Hooks:
    """Hooks that do nothing: every write goes through objects."""
    verbs: Any = frozenset({"insert", "update", "delete"})
    return Hooks(
        [Hook("none", "before", verbs, mapper, lambda _: None, False, False) for mapper in Base.registry.mappers]
    )


# --- GraphQL -----------------------------------------------------------------


def to_graphql(steps: Transaction) -> str:
    """A mutation with a root field for each step."""
    return f"mutation {{ {' '.join(f's{number}: {_root(step)}' for number, step in enumerate(steps))} }}"


def _root(step: Step) -> str:
    if isinstance(step, Change):
        test = "_is_null: true" if None in step.wanted else f"_in: {json.dumps(step.wanted)}"
        where = f"where: {{{step.column}: {{{test}}}}}"
        verb, values = ("update", f", _set: {_literal(step.values)}") if step.values else ("delete", "")
        return f"{verb}_{step.table}({where}{values}) {{ affected_rows }}"
    rows: list[dict[str, Any]] = [dict(row) for row in step.rows]
    if step.entries:
        rows[0]["entries"] = {"data": [dict(row) for row in step.entries]}
    resolved = ""
    if step.resolution:
        columns = ", ".join(step.rows[0]) if step.resolution == "merge" else ""
        resolved = f", on_conflict: {{constraint: {step.table}_pkey, update_columns: [{columns}]}}"
    return f"insert_{step.table}(objects: {_literal(rows)}{resolved}) {{ affected_rows }}"


def _literal(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


# --- REST --------------------------------------------------------------------


def to_rest(steps: Transaction) -> list[dict[str, Any]]:
    """The body of ``POST /``."""
    return [operation for step in steps for operation in _operations(step)]


def _operations(step: Step) -> list[dict[str, Any]]:
    if isinstance(step, Change):
        test = "is.null" if None in step.wanted else f"in.({','.join(map(str, step.wanted))})"
        path = f"/{step.table}?{step.column}={test}"
        return [
            {"method": "PATCH", "path": path, "body": step.values}
            if step.values
            else {"method": "DELETE", "path": path}
        ]
    made: dict[str, Any] = {"method": "POST", "path": f"/{step.table}", "body": list(step.rows)}
    if step.resolution:
        made["headers"] = {"Prefer": f"resolution={step.resolution}-duplicates"}
    return [made, *([{"method": "POST", "path": "/entry", "body": nested(step)}] if step.entries else [])]


def nested(step: Insert) -> list[dict[str, Any]]:
    """The nested rows with the key that joins them."""
    return [{**row, "account_id": step.rows[0]["id"]} for row in step.entries]


# --- SQL ---------------------------------------------------------------------


def run_sql(connection: sa.Connection, steps: Transaction) -> None:
    """The same by SQLAlchemy's own statements."""
    for step in steps:
        table = TABLES[step.table]
        if isinstance(step, Change):
            column = table.c[step.column]
            test = column.is_(None) if None in step.wanted else column.in_(step.wanted)
            connection.execute(
                table.update().where(test).values(**step.values) if step.values else table.delete().where(test)
            )
            continue
        _insert(connection, table, step.rows, step.resolution)
        if step.entries:
            _insert(connection, TABLES["entry"], nested(step), None)


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], resolution: Resolution) -> None:
    insert: Any = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    for row in rows:
        statement = insert.values(**row)
        if resolution == "ignore":
            statement = statement.on_conflict_do_nothing(index_elements=["id"])
        if resolution == "merge":
            statement = statement.on_conflict_do_update(
                index_elements=["id"], set_={name: statement.excluded[name] for name in row}
            )
        connection.execute(statement)
