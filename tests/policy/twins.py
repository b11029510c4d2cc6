"""Two databases that a role cannot tell apart: what it may not see differs in every row, column and number of rows."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from gemel.app import App
from gemel.catalog import read_catalog
from gemel.errors import Denied
from gemel.policy import Access, Accesses, visible
from gemel.settings import Settings

Dump = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def engine_of(settings: Settings) -> sa.Engine:
    return sa.create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://"))


def dump(settings: Settings, app: App) -> Dump:
    """All rows by table and key."""
    engine, found = engine_of(settings), {}
    with engine.connect() as connection:
        for mapper in app.mappers:
            table: Any = mapper.local_table
            keys = [column.name for column in table.primary_key]
            rows = [dict(row._mapping) for row in connection.execute(sa.select(table))]
            found[table.name] = {tuple(row[name] for name in keys): row for row in rows}
    engine.dispose()
    return found


def trim(settings: Settings) -> None:
    """Less of the store, so that thousands of questions take seconds."""
    engine = engine_of(settings)
    kept = "SELECT id FROM invoice WHERE customer_id IN (4, 5)"
    others = "invoice_id IN (SELECT id FROM invoice WHERE customer_id > 15)"
    unsold = "track_id NOT IN (SELECT track_id FROM invoice_line)"
    with engine.begin() as connection:
        for text in (
            f"DELETE FROM invoice_line WHERE invoice_id NOT IN ({kept}) AND (track_id > 120 OR {others})",
            "DELETE FROM invoice WHERE customer_id > 15",
            "DELETE FROM customer WHERE id > 15",
            f"DELETE FROM playlist_track WHERE track_id > 120 AND {unsold}",
            "DELETE FROM track WHERE id > 120 AND id NOT IN (SELECT track_id FROM invoice_line)",
            "DELETE FROM album WHERE NOT EXISTS (SELECT 1 FROM track WHERE album_id = album.id)",
            "DELETE FROM artist WHERE NOT EXISTS (SELECT 1 FROM album WHERE artist_id = artist.id)",
        ):
            connection.execute(sa.text(text))
    engine.dispose()


def scramble(settings: Settings, app: App, role: str, claims: Mapping[str, str]) -> None:
    """Change all that the role may not see, and nothing else."""
    access = Accesses(read_catalog(app.mappers), app.policies).of(role)
    engine = engine_of(settings)
    with Session(engine) as session:
        before = {mapper: _seen(session, access, claims, mapper) for mapper in app.mappers}
        for mapper in reversed(_by_dependency(app)):
            _scramble(session, access, mapper, before[mapper])
        session.flush()
        assert before == {mapper: _seen(session, access, claims, mapper) for mapper in app.mappers}
        session.commit()
    engine.dispose()


def _by_dependency(app: App) -> list[Mapper[Any]]:
    order = {table: number for number, table in enumerate(app.metadata[0].sorted_tables)}
    return sorted(app.mappers, key=lambda mapper: order[mapper.local_table])  # type: ignore[index]


def _seen(session: Session, access: Access, claims: Mapping[str, str], mapper: Mapper[Any]) -> dict[Any, Any]:
    """The rows that are there for the role, with the columns that it sees."""
    view, table = access.of_class(mapper), mapper.local_table
    if view is None:
        return {}
    try:
        query = visible(access, claims, mapper.class_)
    except Denied:
        return {}
    rows = session.execute(query.with_only_columns(*table.c)).mappings()
    names = [name for name in view.columns if name in table.c]
    keys = [column.name for column in table.primary_key]  # type: ignore[attr-defined]
    return {tuple(row[key] for key in keys): {name: row[name] for name in names} for row in rows}


def _scramble(  # noqa: C901 - rows and columns, values and numbers
    session: Session, access: Access, mapper: Mapper[Any], seen: Mapping[Any, Any]
) -> None:
    table: Any = mapper.local_table
    view = access.of_class(mapper)
    keys = [column.name for column in table.primary_key]
    rows = [dict(row) for row in session.execute(sa.select(table)).mappings()]
    others = {column.name: [row[column.name] for row in rows] for column in table.c}
    hidden = []
    for number, row in enumerate(rows):
        key = tuple(row[name] for name in keys)
        changes = {}
        for column in table.c:
            shown = key in seen and view is not None and column.name in view.columns
            if shown or column.name in keys:
                continue
            if column.foreign_keys:
                if view is None or column.name == "track_id":
                    changes[column.name] = others[column.name][(number * 7 + 3) % len(rows)]
            elif not (view is not None and _rules(access, mapper, column)):
                changes[column.name] = _other(row[column.name], column, number)
        if key not in seen:
            hidden.append({**row, **changes})
        if changes:
            tests = [table.c[name] == row[name] for name in keys]
            session.execute(sa.update(table).where(*tests).values(changes))
    if len(keys) == 1 and hidden:
        top = max(row[keys[0]] for row in rows)
        more = [{**row, keys[0]: top + 1000 + number} for number, row in enumerate(hidden[:7])]
        for number, row in enumerate(more):
            for column in table.c:
                if column.unique and row[column.name] is not None:
                    row[column.name] = f"{row[column.name]} again {number}"
        session.execute(sa.insert(table), more)


def _rules(access: Access, mapper: Mapper[Any], column: sa.Column[Any]) -> bool:
    """Whether the policy of the table asks for the column: what it holds decides what is seen."""
    view = access.of_class(mapper)
    grant = access.grant(view, "select") if view is not None else None
    return grant is not None and grant.rows is not None and f"{column.table.name}.{column.name}" in _text(grant.rows)


def _text(expression: Any) -> str:
    return " ".join(str(item) for item in sa.sql.visitors.iterate(expression) if isinstance(item, sa.Column))


def _other(value: Any, column: sa.Column[Any], number: int) -> Any:
    kind = column.type.python_type
    if value is None:
        value = {str: "", int: 0, Decimal: Decimal(0), datetime: datetime(2000, 1, 1)}.get(kind)  # noqa: DTZ001
    match value:
        case bool():
            return not value
        case str():
            length = getattr(column.type, "length", None)
            return f"{number}~{value}"[:length]
        case int():
            return value + 1_000_003 + number
        case Decimal():
            return value + Decimal("17.5")
        case datetime() | date():
            return value + timedelta(days=400 + number)
    return value
