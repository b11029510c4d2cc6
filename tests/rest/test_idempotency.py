"""Requests that are sent twice (docs/dialects/rest.md, section 33)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from rest_client import ADDRESS, Rest, problem, serving

import gemel.serve.engine
from gemel.app import App
from gemel.settings import Settings
from gemel.state.tables import state_tables

KEY = {"idempotency-key": "k"}
PLAYLISTS = "/playlist?id=gt.18&select=name&order=id"


def test_done_once(rest_write: Rest) -> None:
    """R33-4"""
    headers = KEY | {"prefer": "return=representation"}
    first, second = (rest_write("POST", "/playlist", {"name": "ä"}, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (201, [{"id": 19, "name": "ä"}])
    assert (second.status_code, second.json()) == (201, first.json())
    assert "idempotency-replayed" not in first.headers
    replayed = {**first.headers, "idempotency-replayed": "true"}
    assert {**second.headers, "x-request-id": ""} == {**replayed, "x-request-id": ""}
    assert rest_write.rows(PLAYLISTS) == [{"name": "ä"}]
    other = rest_write("POST", "/playlist", {"name": "ä"}, headers=headers | {"idempotency-key": "l"})
    assert (other.status_code, len(rest_write.rows(PLAYLISTS))) == (201, 2)
    empty = [rest_write("POST", "/media_type", {"name": "p"}, headers=KEY) for _ in range(2)]
    assert [(one.status_code, one.content) for one in empty] == [(201, b""), (201, b"")]


def test_several_changes_once(rest_write: Rest) -> None:
    """R33-4"""
    body = [{"method": "POST", "path": "/playlist", "body": {"name": name}} for name in "ab"]
    answers = [rest_write("POST", "/", body, headers=KEY) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert rest_write.rows(PLAYLISTS) == [{"name": "a"}, {"name": "b"}]


def test_of_another_request(rest_write: Rest) -> None:
    """R33-5: what was sent has to be the same; whose it is, and of what, makes keys different."""
    assert rest_write("POST", "/playlist", {"name": "a"}, headers=KEY).status_code == 201
    assert problem(rest_write("POST", "/playlist", {"name": "b"}, headers=KEY)) == (422, "PT422")
    assert problem(rest_write("POST", "/playlist?select=id", {"name": "a"}, headers=KEY)) == (422, "PT422")
    prefer = {"prefer": "return=representation"}
    assert problem(rest_write("POST", "/playlist", {"name": "a"}, headers=KEY | prefer)) == (422, "PT422")
    for who in ({"x-hasura-user-id": "1"}, {"x-hasura-user-id": "2"}, {}):
        answer = rest_write("POST", "/playlist", {"name": "a"}, headers=KEY | who)
        assert answer.headers.get("idempotency-replayed") == (None if who else "true")
    assert rest_write.rows(PLAYLISTS) == [{"name": "a"}] * 3


def test_what_failed_is_tried_again(rest_write: Rest) -> None:
    """R33-4"""
    album = {"title": "t", "artist_id": 900}
    assert problem(rest_write("POST", "/album", album, headers=KEY)) == (409, "23503")
    rest_write("POST", "/artist", {"id": 900, "name": "n"})
    answer = rest_write("POST", "/album", album, headers=KEY)
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False)


def test_kept_for_a_day(rest_write: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    """R33-4"""

    class Clock(datetime):
        moved = timedelta()

        @classmethod
        def now(cls, tz: object = None) -> "datetime":  # type: ignore[override]
            return datetime.now(UTC) + cls.moved

    monkeypatch.setattr(gemel.serve.engine, "datetime", Clock)
    for hours, rows in ((0, 1), (23, 1), (25, 2), (26, 2)):
        Clock.moved = timedelta(hours=hours)
        assert rest_write("POST", "/playlist", {"name": "a"}, headers=KEY).status_code == 201
        assert len(rest_write.rows(PLAYLISTS)) == rows
    rest_write("POST", "/playlist", {"name": "a"}, headers={"idempotency-key": "l"})
    Clock.moved = timedelta(hours=52)
    rest_write("POST", "/playlist", {"name": "a"}, headers={"idempotency-key": "m"})
    assert kept(rest_write) == 1  # of those that have expired nothing is left


def kept(rest: Rest) -> int:
    table = state_tables(postgresql=rest.engine.settings.is_postgresql).idempotency

    async def count() -> int:
        async with rest.engine.session() as session:
            return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    return rest.runner.run(count())


def test_many_at_once(rest_write: Rest) -> None:
    """R33-4: one does it, the others wait for it."""
    headers = KEY | {"content-type": "application/json"}

    async def all_at_once() -> list[tuple[int, bool]]:
        answers = await asyncio.gather(
            *(
                rest_write.client.post(f"{ADDRESS}/rest/v1/playlist", headers=headers, content=b'{"name":"a"}')
                for _ in range(16)
            )
        )
        return [(one.status_code, "idempotency-replayed" in one.headers) for one in answers]

    assert sorted(rest_write.runner.run(all_at_once())) == [(201, False), *[(201, True)] * 15]
    assert rest_write.rows(PLAYLISTS) == [{"name": "a"}]


def test_refused(rest_write: Rest) -> None:
    """R33-4, R33-5"""
    for key in ("", "k" * 256):
        answer = rest_write("POST", "/playlist", {"name": "a"}, headers={"idempotency-key": key})
        assert problem(answer) == (400, "PGRST100")
    assert problem(rest_write("POST", "/rpc/tracks_of", {"artist_id": 1}, headers=KEY)) == (400, "PGRST127")
    assert rest_write.rows(PLAYLISTS) == []


def test_without_tables_of_ours(chinook: Settings, chinook_app: App) -> None:
    """R33-5"""
    with serving(chinook.model_copy(update={"state": False}), chinook_app) as rest:
        assert problem(rest("POST", "/playlist", {"name": "a"}, headers=KEY)) == (400, "PGRST127")


def test_nothing_is_kept_of_what_is_rolled_back(chinook: Settings, chinook_app: App) -> None:
    """R33-5"""
    settings = chinook.model_copy(update={"rest_tx_end": "commit-allow-override"})
    with serving(settings, chinook_app) as rest:
        for prefer, rows in (("tx=rollback", 0), ("tx=commit", 1), ("tx=commit", 1)):
            answer = rest("POST", "/playlist", {"name": "a"}, headers=KEY | {"prefer": prefer})
            assert (answer.status_code, len(rest.rows(PLAYLISTS))) == (201, rows)
