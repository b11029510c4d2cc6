"""Python around writes: hooks and validators (docs/hooks.md)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from desk_client import REPRESENT, opened, seen
from rest_client import ADDRESS, Rest, problem, serving

from conftest import KINDS
from desk import desk_app, desk_database
from gemel.errors import AppError


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rest]:
    with desk_database(request.param, request, tmp_path) as settings, serving(settings, desk_app()) as client:
        yield client


def test_before_and_after_an_insert(desk: Rest) -> None:
    """Values of every type reach the object as Python has them; what hooks change is what is written and returned."""
    tags, due = {"a": [1, None]}, "2026-01-31"
    [row] = opened(desk, " a ", priority="HIGH", due=due, hours="12.50", tags=tags)
    assert row == {
        "id": 1, "title": "a", "priority": "HIGH", "due": due, "hours": 12.5, "tags": tags, "version": 1,
        "opened_by": "admin",
    }  # fmt: skip
    answer = desk("POST", "/ticket", {"title": "b"}, headers={"prefer": "return=headers-only", "x-hasura-user-id": "7"})
    assert (answer.status_code, answer.headers["location"]) == (201, "/ticket?id=eq.2")
    assert desk.rows("/ticket?id=eq.2&select=priority,opened_by") == [{"priority": "LOW", "opened_by": "7"}]
    assert seen(desk) == ["1 a high v1", "2 b low v1"]
    [row] = opened(desk, "c", tags=None)
    assert desk.rows("/ticket?tags=is.null&select=title&order=id") == [{"title": "b"}, {"title": "c"}]
    desk("PATCH", "/ticket?title=eq.a", {"tags": None})
    assert len(desk.rows("/ticket?tags=is.null")) == 3


def test_a_hook_refuses(desk: Rest) -> None:
    """With its own message, code and status; nothing of the request is kept."""
    answer = desk("POST", "/ticket", [{"title": "a"}, {"title": "forbidden"}])
    assert problem(answer) == (422, "bad-title")
    assert answer.json() == {
        "code": "bad-title",
        "message": "no such titles",
        "details": "because",
        "hint": "choose another",
    }
    assert (desk.rows("/ticket"), seen(desk)) == ([], [])
    opened(desk, "a", priority="HIGH")
    assert problem(desk("DELETE", "/ticket?title=eq.a")) == (400, "P0001")


def test_a_bug_in_a_hook(desk: Rest) -> None:
    """The client learns nothing of it; nothing is kept."""
    answer = desk("POST", "/ticket", [{"title": "a"}, {"title": "bug"}])
    assert problem(answer) == (500, "PGRSTX00")
    assert "bug of the app" not in answer.text
    assert desk.rows("/ticket") == []


def test_updates(desk: Rest) -> None:
    """Rows are changed in the order of their keys; hooks see the new values and may change them."""
    opened(desk, "a", "b", "c", hours=1)
    answer = desk("PATCH", "/ticket?id=lt.3&select=title,version,hours", {"hours": 2.5}, headers=REPRESENT)
    assert answer.json() == [{"title": title, "version": 2, "hours": 2.5} for title in "ab"]
    assert seen(desk)[3:] == ["before update 1 of 3", "before update 2 of 3", "1 a low v2", "2 b low v2"]
    assert desk("PATCH", "/ticket?id=eq.0", {"hours": 3}, headers=REPRESENT).json() == []
    default = desk("PATCH", "/ticket/3?columns=priority,due", {"due": None}, headers={"prefer": "missing=default"})
    assert default.status_code == 204
    assert desk.rows("/ticket?id=eq.3&select=priority,due,version") == [{"priority": "LOW", "due": None, "version": 2}]


def test_upserts(desk: Rest) -> None:
    """Hooks before an insert see the candidate, those of updates what happened."""
    opened(desk, "a")
    headers = {"prefer": "resolution=merge-duplicates,return=representation"}
    path = "/ticket?on_conflict=title&columns=title,hours&select=title,hours,version,opened_by"
    answer = desk("POST", path, [{"title": " a", "hours": 3}, {"title": "b", "hours": 4}], headers=headers)
    assert (answer.status_code, answer.json()) == (
        201,
        [
            {"title": "a", "hours": 3, "version": 2, "opened_by": "admin"},
            {"title": "b", "hours": 4, "version": 1, "opened_by": "admin"},
        ],
    )
    assert desk("POST", path, [{"title": "b", "hours": 5}], headers=headers).status_code == 200
    ignored = {"prefer": "resolution=ignore-duplicates,return=representation"}
    assert desk("POST", path, [{"title": "b", "hours": 6}], headers=ignored).json() == []
    found = [what.split(" ", 1)[1] if what[0].isdigit() else what.split(" of ")[0][:13] for what in seen(desk)[1:]]
    assert found == ["before update", "a low v2", "b low v1", "before update", "b low v2"]
    made = desk("PUT", "/ticket/9?select=title", {"title": "c"}, headers=REPRESENT)
    assert (made.status_code, made.json()) == (201, {"title": "c"})
    twice = [{"title": "x", "hours": 1}, {"title": "x", "hours": 2}]
    assert problem(desk("POST", path, twice, headers=headers)) == (500, "21000")


def test_deletes(desk: Rest) -> None:
    """What was deleted is returned as it was; related rows hold it as ever."""
    opened(desk, "a", "b")
    answer = desk("DELETE", "/ticket?id=eq.1&select=title,version", headers=REPRESENT)
    assert answer.json() == [{"title": "a", "version": 1}]
    assert seen(desk)[2:] == ["gone a"]
    desk("POST", "/comment", {"ticket_id": 2, "text": "oh!"})
    assert desk.rows("/comment?select=text") == [{"text": "oh."}]
    assert problem(desk("DELETE", "/ticket/2")) == (409, "23503")
    assert seen(desk)[3:] == []


@pytest.mark.parametrize(
    ("verb", "path", "body", "error", "says"),
    [
        ("POST", "/ticket", {"title": "a"}, (409, "23505"), "ticket_title_key"),
        ("POST", "/ticket", {"id": 1, "title": "b"}, (409, "23505"), "ticket_pkey"),
        ("POST", "/ticket", {"title": "b", "hours": "x"}, (400, "22P02"), "x"),
        ("POST", "/ticket", {"title": "b", "hours": 123456}, (400, "22003"), ""),
        ("POST", "/ticket", {"title": "b" * 81}, (400, "22001"), "80"),
        ("POST", "/ticket", {"title": "b", "priority": "none"}, (400, "22P02"), "none"),
        ("POST", "/ticket", {"title": "b", "version": None}, (400, "23502"), "version"),
        ("POST", "/comment", {"ticket_id": 0, "text": "b"}, (409, "23503"), "comment_ticket_id_fkey"),
        ("PATCH", "/ticket?id=eq.2", {"title": "a"}, (409, "23505"), "ticket_title_key"),
        ("PATCH", "/ticket?id=eq.2", {"due": "x"}, (400, "22007"), "x"),
        ("PATCH", "/comment?id=eq.1", {"ticket_id": 0}, (409, "23503"), "comment_ticket_id_fkey"),
        ("PATCH", "/ticket?id=eq.2", {"titel": "a"}, (400, "PGRST204"), "titel"),
    ],
)
def test_errors(desk: Rest, verb: str, path: str, body: Any, error: tuple[int, str], says: str) -> None:
    """The same as of tables without hooks, the names of constraints too."""
    opened(desk, "a", "B")
    desk("POST", "/comment", {"ticket_id": 1, "text": "c"})
    before = seen(desk)
    answer = desk(verb, path, body)
    assert (problem(answer), says in answer.text) == (error, True), answer.text
    assert seen(desk) == before


def test_validators(desk: Rest) -> None:
    """``@validates`` of the models holds where its column is written; other writes go in bulk."""
    answer = desk("POST", "/person", {"email": "x"})
    assert problem(answer) == (400, "P0001")
    assert (answer.json()["message"], "email" in answer.json()["details"]) == ("an address has an @", True)
    assert desk("POST", "/person?select=email", {"email": "A@B"}, headers=REPRESENT).json() == [{"email": "a@b"}]
    assert problem(desk("PATCH", "/person?id=eq.1", {"email": "x"})) == (400, "P0001")
    assert desk("PATCH", "/person?id=eq.1", {"name": "n"}).status_code == 204
    assert desk.rows("/person") == [{"id": 1, "email": "a@b", "name": "n"}]


def test_without_tables_of_ours(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """There is no outbox: the start is refused, not the first write."""
    with desk_database("sqlite", request, tmp_path) as settings:
        without = settings.model_copy(update={"state": False})
        with pytest.raises(AppError, match="@committed hooks need"), serving(without, desk_app()):
            pass


def test_a_hook_that_others_get_in_the_way_of(desk: Rest) -> None:
    """Whoever was stopped by the database is run again; everybody waits for their turn."""
    opened(desk, "a", "b")

    async def all_at_once() -> list[int]:
        send = desk.client.patch
        paths = [f"{ADDRESS}/rest/v1/ticket?id=in.(1,2)"] * 12
        headers = {"content-type": "application/json"}
        answers = await asyncio.gather(*(send(path, content=b'{"hours":1}', headers=headers) for path in paths))
        return [answer.status_code for answer in answers]

    assert desk.runner.run(all_at_once()) == [204] * 12
    assert [row["version"] for row in desk.rows("/ticket?select=version")] == [13, 13]


def test_a_lock_that_is_not_given(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A write through objects is given up as any other, and nothing of it is kept."""
    with desk_database("postgresql", request, tmp_path) as settings:
        hasty = settings.model_copy(update={"statement_timeout": 0.5})
        with serving(hasty, desk_app()) as desk, psycopg.connect(settings.database) as other:
            opened(desk, "a", "b")
            other.execute("UPDATE ticket SET hours = 9 WHERE id = 2")
            assert problem(desk("PATCH", "/ticket?id=gt.0", {"hours": 1})) == (504, "57014")
            other.rollback()
            assert desk.rows("/ticket?hours=not.is.null") == []
            assert desk("PATCH", "/ticket?id=gt.0", {"hours": 1}).status_code == 204


def test_what_cannot_be_given_back(desk: Rest) -> None:
    """On SQLite a function of ours finds it out."""
    refused = desk("POST", "/ticket?select=title::int4", {"title": "a"}, headers=REPRESENT)
    assert (problem(refused), desk.rows("/ticket")) == ((400, "22P02"), [])


def test_too_many_rows(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A write that would take too many rows through hooks is refused before it has begun."""
    with desk_database("sqlite", request, tmp_path) as settings:
        few = settings.model_copy(update={"hook_rows": 2})
        with serving(few, desk_app()) as desk:
            opened(desk, "a", "b", "c")
            answer = desk("PATCH", "/ticket?id=gt.0", {"hours": 1})
            assert (problem(answer), "hook_rows" in answer.text) == ((400, "54000"), True)
            assert desk("PATCH", "/ticket?id=gt.1", {"hours": 1}).status_code == 204


def test_several_in_one_transaction(desk: Rest) -> None:
    """A hooked table beside one without hooks; the one that fails undoes the other."""
    operations = [
        {"method": "POST", "path": "/person", "body": {"email": "a@b"}},
        {"method": "POST", "path": "/ticket", "body": {"title": "forbidden"}},
    ]
    assert problem(desk("POST", "/", operations)) == (422, "bad-title")
    assert desk.rows("/person") == []
    operations[1]["body"] = {"title": "a"}
    assert [one["status"] for one in desk("POST", "/", operations).json()] == [201, 201]


def test_etags_and_keys(desk: Rest) -> None:
    """Conditions and idempotency keys hold for hooked tables, too."""
    opened(desk, "a")
    tag = desk("GET", "/ticket/1").headers["etag"]
    assert desk("PATCH", "/ticket/1", {"hours": 1}, headers={"if-match": tag}).status_code == 204
    assert problem(desk("PATCH", "/ticket/1", {"hours": 1}, headers={"if-match": tag})) == (412, "PT412")
    for replayed in (None, "true"):
        answer = desk("POST", "/ticket", {"title": "b"}, headers={"idempotency-key": "k"})
        assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, replayed)
