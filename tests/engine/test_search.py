"""Text search: PostgreSQL's own, and on SQLite an FTS5 table that the model names."""

import json
from pathlib import Path

import pytest
from sqlalchemy import DDL, Text, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from engine.asking import asc, ask, compare, query, select
from engine.test_types import open_orm
from gemel.app import App
from gemel.errors import DatabaseError, Mismatch, Unsupported
from gemel.request import SEARCHES, And, Not, Operator
from gemel.settings import Settings


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(Text, info={"fts5": "note search"})
    body: Mapped[str] = mapped_column(Text, info={"fts5": "note search"})
    plain: Mapped[str | None] = mapped_column(Text)


INDEX = "CREATE VIRTUAL TABLE \"note search\" USING fts5(title, body, content='note', content_rowid='id')"
FILL = 'INSERT INTO "note search" ("note search") VALUES (\'rebuild\')'
event.listen(Note.__table__, "after_create", DDL(INDEX).execute_if(dialect="sqlite"))

NOTES = {
    1: ("Black dog", "The quick brown fox jumps over the lazy dog"),
    2: ("Red fox", "A fox is not a dog"),
    3: (None, "Brown bread, black coffee: 2 cups"),
    4: ("", "Über-Größe; naïve café"),
}


@pytest.fixture
def notes(database: Settings) -> Settings:
    database.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_orm(database)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all(Note(id=key, title=title, body=body, plain=body) for key, (title, body) in NOTES.items())
    if not database.is_postgresql:
        with engine.begin() as connection:
            connection.exec_driver_sql(FILL)
    engine.dispose()
    return database


def app() -> App:
    return App("notes", Path(__file__).parent, tuple(Base.registry.mappers), (Base.metadata,))


def found(settings: Settings, operator: Operator, text: str, column: str = "body") -> list[int]:
    where = compare(column, operator, 0, language="simple")
    (answer,) = ask(settings, app(), query("note", select("id", where=where, order=(asc("id"),))), [text])
    return [row["id"] for row in json.loads(answer.body)]


QUERIES = [
    (Operator.FTS_PLAIN, "fox dog", [1, 2]),
    (Operator.FTS_PLAIN, "dog FOX, brown", [1]),
    (Operator.FTS_PLAIN, 'say "fox" (dog)', []),
    (Operator.FTS_PLAIN, "", []),
    (Operator.FTS_PLAIN, '"*" :', []),
    (Operator.FTS_PLAIN, "café", [4]),
    (Operator.FTS_PHRASE, "brown fox", [1]),
    (Operator.FTS_PHRASE, "fox brown", []),
    (Operator.FTS_WEB, "fox -quick", [2]),
    (Operator.FTS_WEB, '"lazy dog" or coffee', [1, 3]),
    (Operator.FTS_WEB, '"brown bread" black -"quick brown"', [3]),
    (Operator.FTS_WEB, '"lazy dog', [1]),
    (Operator.FTS_WEB, "cups AND NOT", []),
    (Operator.FTS, "fox & dog", [1, 2]),
    (Operator.FTS, "fox & !quick", [2]),
    (Operator.FTS, "(bread | lazy) & brown", [1, 3]),
    (Operator.FTS, "brown <-> fox", [1]),
    (Operator.FTS, "br:*", [1, 3]),
    (Operator.FTS, "'lazy':* & dog", [1]),
    (Operator.FTS, "fox & !(quick | bread)", [2]),
    (Operator.FTS, "", []),
]


def test_both_databases_find_the_same(notes: Settings) -> None:
    for operator, text, wanted in QUERIES:
        assert found(notes, operator, text) == wanted, (operator, text)
    assert found(notes, Operator.FTS_WEB, "dog", "title") == [1]


@pytest.mark.parametrize("text", ["fox &", "& fox", "(fox", "fox)", "fox dog", "|", "!", "()"])
def test_a_query_that_is_not_well_formed_is_refused(notes: Settings, text: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        found(notes, Operator.FTS, text)
    assert refused.value.sqlstate == "42601"


ODD = ("(" * 5000, "!" * 5000, '"', "'", "-", "--x", "or", "a or", "\\", "a:*b", "{title} : x", "NEAR(a b)")


def test_no_query_breaks_anything(notes: Settings) -> None:
    for operator in sorted(SEARCHES):
        for text in ODD:
            assert outcome(notes, operator, text) in ("found", "42601", "54000", "54001", "refused"), (operator, text)


def outcome(settings: Settings, operator: Operator, text: str) -> str:
    try:
        found(settings, operator, text)
    except DatabaseError as error:
        return error.sqlstate
    except Unsupported:
        return "refused"
    return "found"


def test_what_cannot_be_searched_is_refused(notes: Settings) -> None:
    with pytest.raises(Mismatch):
        found(notes, Operator.FTS_WEB, "1", "id")
    if notes.is_postgresql:
        assert found(notes, Operator.FTS_WEB, "fox", "plain") == [1, 2]
        return
    with pytest.raises(Unsupported, match="FTS5 table for 'plain'"):
        found(notes, Operator.FTS_WEB, "fox", "plain")
    with pytest.raises(Unsupported, match="only excludes"):
        found(notes, Operator.FTS_WEB, "-fox")


def test_a_search_goes_with_other_tests(notes: Settings) -> None:
    where = And((compare("body", Operator.FTS_WEB, 0), Not(compare("id", Operator.EQ, 1))))
    (answer,) = ask(notes, app(), query("note", select("id", where=where)), ["dog", 1])
    assert answer.body == '[{"id":2}]'
