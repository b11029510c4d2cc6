"""Every type: stored by SQLAlchemy, read by us, found by a filter, written by us, read by SQLAlchemy."""

import json
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.orm import Session

from engine.asking import asc, ask, column, compare, embed, inserted, query, run, select, write_to
from engine.typed import Base, Mayor, Mood, Region, Sample, Town, typed_app
from gemel.errors import DatabaseError, Unsupported
from gemel.request import AllColumns, ColumnField, ColumnRef, Compare, Delete, Mutation, Operator, Slot, Source, key_of
from gemel.settings import Settings

KEY = uuid.UUID("0f0e0d0c-0b0a-0908-0706-050403020100")
FORMS: list[tuple[str, Any, str, Any]] = [  # column, Python value, JSON text, value in a filter
    ("small", -7, "-7", "-7"),
    ("big", 9007199254740993, "9007199254740993", 9007199254740993),
    ("exact", Decimal("1.10"), "1.100", "1.1"),
    ("exact", Decimal("-0.005"), "-0.005", -0.005),
    ("double", 0.1, "0.1", 0.1),
    ("double", 1e300, "1e+300", "1e300"),
    ("double", float("inf"), '"Infinity"', "Infinity"),
    ("flag", True, "true", "yes"),
    ("flag", False, "false", False),
    (
        "text",
        'a "quote", a \\ and a\ttab, ü, 🎵',
        '"a \\"quote\\", a \\\\ and a\\ttab, ü, 🎵"',
        'a "quote", a \\ and a\ttab, ü, 🎵',
    ),
    ("text", "", '""', ""),
    ("day", date(2009, 1, 1), '"2009-01-01"', "2009-01-01"),
    ("moment", datetime(2009, 1, 1, 12, 30), '"2009-01-01T12:30:00"', "2009-01-01 12:30"),  # noqa: DTZ001
    ("moment", datetime(2009, 1, 1, 0, 0, 0, 120000), '"2009-01-01T00:00:00.12"', "2009-01-01T00:00:00.12"),  # noqa: DTZ001
    ("instant", datetime(2009, 1, 1, 12, tzinfo=UTC), '"2009-01-01T12:00:00+00:00"', "2009-01-01T14:00:00+02:00"),
    ("clock", time(12, 0), '"12:00:00"', "12:00"),
    ("raw", b"AB\x00", '"\\\\x414200"', "\\x414200"),
    ("mood", Mood.wild, '"wild"', "wild"),
    ("span", timedelta(hours=1, minutes=2, seconds=3), '"01:02:03"', None),
    ("span", timedelta(days=2, hours=1), '"2 days 01:00:00"', None),
]


def open_orm(settings: Settings) -> Engine:
    if settings.is_postgresql:
        return create_engine("postgresql+psycopg://" + settings.database.removeprefix("postgresql://"))
    engine = create_engine(f"sqlite:///{settings.sqlite_path}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    return engine


@pytest.fixture
def typed(database: Settings) -> Settings:
    database.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_orm(database)
    Base.metadata.create_all(engine)
    engine.dispose()
    return database


def store(settings: Settings, *objects: Any) -> None:
    engine = open_orm(settings)
    with Session(engine) as session, session.begin():
        if settings.is_postgresql:
            session.connection().exec_driver_sql("SET TIME ZONE 'UTC'")
        session.add_all(objects)
    engine.dispose()


def test_every_type_is_read_and_found(typed: Settings) -> None:
    app = typed_app()
    keys = [uuid.UUID(int=number) for number in range(len(FORMS))]
    store(typed, *(Sample(id=key, **{name: value}) for key, (name, value, *_) in zip(keys, FORMS, strict=True)))
    for key, (name, _, form, wanted) in zip(keys, FORMS, strict=True):
        where = compare("id", Operator.EQ, 0)
        assert (
            ask(typed, app, query("sample", select(name, where=where)), [str(key)])[0].body == f'[{{"{name}":{form}}}]'
        )
        if wanted is not None:
            found = ask(typed, app, query("sample", select("id", where=compare(name, Operator.EQ, 0))), [wanted])[
                0
            ].body
            assert str(key) in found, name
            listed = compare(name, Operator.IN, 0)
            if name != "raw" or typed.is_postgresql:
                assert str(key) in ask(typed, app, query("sample", select("id", where=listed)), [[wanted]])[0].body, (
                    name
                )


def test_rows_by_their_keys(typed: Settings) -> None:
    app, keys = typed_app(), [uuid.UUID(int=number) for number in (3, 1, 2)]
    store(typed, *(Sample(id=key) for key in keys), Region(country="CH", code="b"), Region(country="CH", code="a"))
    given = [key_of(inspect(Sample), Sample(id=key)) for key in keys]
    assert json.loads(ask(typed, app, query("sample", select("id", keys=Slot(0))), [given])[0].body) == [
        {"id": str(key)} for key in keys
    ]
    body = ask(typed, app, query("region", select("code", keys=Slot(0))), [[("CH", "b"), ("AT", "a"), ("CH", "a")]])
    assert body[0].body == '[{"code":"b"},{"code":"a"}]'
    with pytest.raises(DatabaseError, match="uuid"):
        ask(typed, app, query("sample", select("id", keys=Slot(0))), [[("none",)]])


def test_nulls_of_every_type(typed: Settings) -> None:
    app = typed_app()
    store(typed, Sample(id=KEY))
    names = [item.name for item in Sample.__table__.columns if item.name != "id"]
    body = ask(typed, app, query("sample", select(*names)))[0].body
    assert json.loads(body) == [dict.fromkeys(names)]


@pytest.mark.parametrize("count", [1, 3])
def test_every_type_is_written(typed: Settings, count: int) -> None:
    """Several rows go another way than one."""
    app = typed_app()
    row = {name: wanted for name, _, _, wanted in FORMS if wanted is not None}
    write, rows = inserted("sample", *[row] * count, at=0, returning=(select("id"),))
    written = run(typed, app, lambda engine: write_to(engine, Mutation((write,)), [rows]))
    keys = [uuid.UUID(item["id"]) for item in json.loads(written[0].bodies[0])]
    assert len(set(keys)) == count
    assert written[0].keys == (((str(keys[0]),),) if count == 1 else ())
    engine = open_orm(typed)
    with Session(engine) as session:
        for key in keys:
            stored = session.get_one(Sample, key)
            for name, value in {name: value for name, value, _, wanted in FORMS if wanted is not None}.items():
                found = getattr(stored, name)
                if isinstance(value, datetime) and value.tzinfo and found.tzinfo is None:
                    found = found.replace(tzinfo=UTC)
                assert found == value, name
    engine.dispose()


@pytest.mark.parametrize("returning", [True, False])
def test_every_type_is_given_back_by_a_delete(typed: Settings, returning: bool) -> None:
    app = typed_app()
    row = {name: wanted for name, _, _, wanted in FORMS if wanted is not None}
    write, rows = inserted("sample", row, {}, at=0)
    asked = select(AllColumns())
    run(typed, app, lambda engine: write_to(engine, Mutation((write,)), [rows]))
    whole = ask(typed, app, query("sample", select(AllColumns(), order=(asc("id"),))))[0].body
    gone = Delete("d", Source("public", "sample"), None, returning=(asked,) if returning else ())
    done = run(typed, app, lambda engine: write_to(engine, Mutation((gone,)), []))
    assert done[0].affected == 2
    assert done[0].bodies == ((whole,) if returning else ())
    assert ask(typed, app, query("sample", asked))[0].body == "[]"


DOCUMENT = {"a": {"b": [1, 2.50, "x", None, True]}, 'odd "key"': 1, "n": 20}
PLACES: list[tuple[tuple[str | int, ...], bool, str]] = [
    (("a", "b"), False, '[1,2.5,"x",null,true]'),
    (("a", "b", 0), False, "1"),
    (("a", "b", -1), True, '"true"'),
    (("a", "b", 2), True, '"x"'),
    (("a", "b", 2), False, '"x"'),
    (("a", "b", 3), True, "null"),
    (("a", "b", 9), False, "null"),
    (("n",), True, '"20"'),
    (("nope",), True, "null"),
]


def test_places_in_documents(typed: Settings) -> None:
    store(typed, Sample(id=KEY, data=DOCUMENT))
    for path, as_text, form in PLACES:
        asked = query("sample", select(ColumnField("v", ColumnRef("data", path, as_text))))
        assert json.loads(ask(typed, typed_app(), asked)[0].body) == [{"v": json.loads(form)}], path


TESTS: list[tuple[tuple[str | int, ...], bool, Operator, object, bool]] = [
    (("n",), False, Operator.GT, 3, True),  # as numbers, not as texts
    (("n",), False, Operator.EQ, 20, True),
    (("n",), True, Operator.EQ, "20", True),
    (("a", "b", 2), True, Operator.LIKE, "x%", True),
    ((), False, Operator.CONTAINS, {"a": {"b": ["x"]}}, True),
    ((), False, Operator.CONTAINS, {"a": {"b": ["y"]}}, False),
    ((), False, Operator.HAS_KEY, "n", True),
    ((), False, Operator.HAS_KEYS_ALL, ["n", "m"], False),
    ((), False, Operator.HAS_KEYS_ANY, ["n", "m"], True),
]


def test_tests_of_documents(typed: Settings) -> None:
    store(typed, Sample(id=KEY, data=DOCUMENT))
    for path, as_text, operator, value, found in TESTS:
        where = Compare(ColumnRef("data", path, as_text), operator, Slot(0))
        rows = ask(typed, typed_app(), query("sample", select("id", where=where)), [value])[0].rows
        assert rows == int(found), (path, operator)


def test_what_sqlite_cannot_hold_is_refused(typed: Settings) -> None:
    if typed.is_postgresql:
        return
    for name, value in (("free", "1234567890.1234567"), ("double", "NaN")):
        write, rows = inserted("sample", {name: value}, at=0)
        with pytest.raises(DatabaseError) as refused:
            run(
                typed,
                typed_app(),
                lambda engine, write=write, rows=rows: write_to(engine, Mutation((write,)), [rows]),
            )
        assert refused.value.sqlstate == "22003"
    with pytest.raises(Unsupported):
        ask(typed, typed_app(), query("sample", select("id", where=compare("text", Operator.FTS, 0))), ["x"])


def towns() -> list[Any]:
    first, second = Region(country="CH", code="ZH"), Region(country="CH", code="UR")
    large, small = Town(id=1, region=first, people=5000), Town(id=2, region=first, people=50)
    return [first, second, large, small, Mayor(id=1, odd="x", town=large)]


def test_composite_keys_custom_joins_and_one_to_one(typed: Settings) -> None:
    store(typed, *towns())
    asked = query(
        "region",
        select(
            "code",
            embed(
                "towns", select("id", embed("mayor", select("id")), embed("region", select("code")), order=(asc("id"),))
            ),
            embed("large_towns", select("id")),
            order=(asc("code"),),
        ),
    )
    assert json.loads(ask(typed, typed_app(), asked)[0].body) == [
        {"code": "UR", "towns": [], "large_towns": []},
        {
            "code": "ZH",
            "towns": [
                {"id": 1, "mayor": {"id": 1}, "region": {"code": "ZH"}},
                {"id": 2, "mayor": None, "region": {"code": "ZH"}},
            ],
            "large_towns": [{"id": 1}],
        },
    ]


def test_names_that_need_quotes(typed: Settings) -> None:
    store(typed, *towns())
    name = 'Odd "name", with: %s'
    asked = query("mayor", select(column(name), where=compare(name, Operator.EQ, 0), order=(asc(name),)))
    assert json.loads(ask(typed, typed_app(), asked, ["x"])[0].body) == [{name: "x"}]
