"""Operations that an app lists: asked for by their id, and the only ones of some roles (docs/limits.md)."""

import json
from hashlib import sha256
from typing import Any

import pytest
from limited import Ask

from asker import Asker
from gemel.errors import AppError
from gemel_graphql.listed import Listed

GENRES = "query Genres($most: Int) {\n  genre(limit: $most, order_by: {id: asc}) { id }\n}\n"
ID = sha256(GENRES.encode()).hexdigest()
LIST = {ID: GENRES, "artists-1": "{ artist(limit: 1) { name } }"}


def sent(asker: Asker, **body: object) -> Any:
    headers = {"content-type": "application/json", **asker.headers}
    post = asker.graphql_client.post("http://localhost/v1/graphql", content=json.dumps(body), headers=headers)
    return asker.runner.run(post).json()


def told(answer: Any) -> tuple[str, str]:
    [error] = answer["errors"]
    return error["extensions"]["code"], error["message"]


def by_hash(hash_: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_}}


def test_one_of_the_list_is_asked_for_by_its_id(ask: Ask) -> None:
    wanted = {"data": {"genre": [{"id": 1}, {"id": 2}]}}
    with ask(operations=LIST) as asker:
        for _ in range(2):
            assert sent(asker, extensions=by_hash(ID), variables={"most": 2}) == wanted
        assert sent(asker, documentId=f"sha256:{ID}", variables={"most": 2}) == wanted
        assert sent(asker, documentId="artists-1") == {"data": {"artist": [{"name": "AC/DC"}]}}


def test_one_that_is_not(ask: Ask) -> None:
    """What Apollo's clients do: ask by the hash, and send the text along when it is not known."""
    text = "{ genre_by_pk(id: 1) { id } }"
    hash_ = sha256(text.encode()).hexdigest()
    with ask(operations=LIST) as asker:
        assert told(sent(asker, extensions=by_hash(hash_))) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        assert sent(asker, extensions=by_hash(hash_), query=text) == {"data": {"genre_by_pk": {"id": 1}}}
        assert told(sent(asker, extensions=by_hash("0" * 64), query=text)) == (
            "parse-failed",
            "provided sha does not match query",
        )
        assert told(sent(asker, extensions=by_hash(5)))[0] == "parse-failed"  # type: ignore[arg-type]
        assert told(sent(asker, documentId=["x"]))[0] == "parse-failed"


def test_an_app_without_a_list(ask: Ask) -> None:
    """G10.4-4"""
    with ask() as asker:
        assert told(sent(asker, extensions=by_hash(ID))) == ("not-supported", "PersistedQueryNotSupported")
        assert told(sent(asker, documentId=ID)) == ("not-supported", "PersistedQueryNotSupported")


def test_a_role_that_may_run_no_others(ask: Ask) -> None:
    with ask(operations=LIST, listed=True) as asker:
        for _ in range(2):
            assert asker.data(GENRES, most=1) == {"genre": [{"id": 1}]}
            assert asker.data("query Genres($most:Int){genre(limit:$most order_by:{id:asc}){id}}", most=1)
            assert sent(asker, extensions=by_hash(ID), variables={"most": 1}) == {"data": {"genre": [{"id": 1}]}}
            for other in ("{ genre { id } }", "{ __schema { types { name } } }", "query Genres { genre { id } }"):
                assert asker.refused(other) == ("validation-failed", "query is not allowed")
            assert asker.refused(GENRES + "{ a }")[0] == "validation-failed"
        assert asker.as_("admin").data("{ genre(limit: 1) { id } }")
        asker.as_("support").refused("{ genre { id } }")


def test_a_list_that_is_none() -> None:
    with pytest.raises(AppError, match=r"operations\.json: broken: Syntax Error"):
        Listed({"broken": "{"})
