"""Who is asking, through the front door (docs/dialects/graphql.md, sections 11 and 12.1)."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from graphql_client import GraphQL, problem, serving
from pydantic import SecretStr

from databases import sqlite_settings
from gemel.app import App
from gemel.errors import DatabaseError
from gemel.settings import Settings
from gemel_graphql.respond.errors import failure

SECRET = "the secret of the administrator"
KEY = "a key of more than thirty-two characters"
NAMESPACE = "https://hasura.io/jwt/claims"
CLAIMS = {"x-hasura-allowed-roles": ["clerk", "admin"], "x-hasura-default-role": "admin"}
ASKED = {"query": "{ genre_by_pk(id: 1) { name } }"}
ROCK = {"data": {"genre_by_pk": {"name": "Rock"}}}
Guarded = Callable[..., GraphQL]


@pytest.fixture
def guarded(chinook_read: Settings, chinook_app: App) -> Iterator[Guarded]:
    """``guarded(admin_secret=…, jwt_secret_key=…)``: a service that asks for one of them."""
    opened = []

    def serve(**secrets: str) -> GraphQL:
        update = {name: SecretStr(value) for name, value in secrets.items()}
        opened.append(serving(chinook_read.model_copy(update=update), chinook_app))
        return opened[-1].__enter__()

    yield serve
    for service in opened:
        service.__exit__(None, None, None)


def bearer(claims: object = CLAIMS, key: str = KEY, **more: Any) -> dict[str, str]:
    payload = {**more} if claims is None else {NAMESPACE: claims, **more}
    return {"authorization": f"Bearer {jwt.encode(payload, key, 'HS256')}"}


def test_without_the_secret(guarded: Guarded) -> None:
    """G12.1-5, G12.1-2, G11.4-12: nothing, the wrong one, or a token where only a secret is known."""
    service = guarded(admin_secret=SECRET)
    for headers in ({}, {"x_hasura_admin_secret": "wrong"}, {"x_hasura_access_key": "wrong"}, bearer()):
        assert problem(service.send(ASKED, **headers))[:2] == ("access-denied", "$")
    missing = problem(service.send(ASKED))[2]
    assert missing == "x-hasura-admin-secret/x-hasura-access-key required, but not found"


def test_without_a_token(guarded: Guarded) -> None:
    """G12.1-5, G11.4-14"""
    service = guarded(jwt_secret_key=KEY)
    for headers in ({}, {"authorization": "Basic YTpi"}, {"x_hasura_role": "admin"}):
        assert problem(service.send(ASKED, **headers))[:2] == ("invalid-headers", "$")


def test_with_a_wrong_token(guarded: Guarded) -> None:
    """G12.1-3, G11.4-12, G11.4-13, G11.4-15, G11.4-16"""
    service = guarded(jwt_secret_key=KEY)
    for headers, code in (
        ({"authorization": "Bearer a.b"}, "invalid-jwt"),
        (bearer(key=KEY[::-1]), "invalid-jwt"),
        (bearer(None), "jwt-missing-role-claims"),
        (bearer({"x-hasura-allowed-roles": ["admin"]}), "jwt-missing-role-claims"),
        (bearer([]), "jwt-invalid-claims"),
        (bearer({**CLAIMS, "x-hasura-allowed-roles": "admin"}), "jwt-invalid-claims"),
        ({**bearer(), "x_hasura_role": "owner"}, "access-denied"),
    ):
        assert problem(service.send(ASKED, **headers))[:2] == (code, "$")
    late = problem(service.send(ASKED, **bearer(exp=int(time.time()) - 3600)))
    assert late == ("invalid-jwt", "$", "Could not verify JWT: JWTExpired")


def test_a_wrong_secret_is_not_made_good_by_a_token(guarded: Guarded) -> None:
    """G12.1-2"""
    service = guarded(admin_secret=SECRET, jwt_secret_key=KEY)
    refused = service.send(ASKED, **bearer(), x_hasura_admin_secret="wrong")
    assert problem(refused)[0] == "access-denied"


def test_a_batch_of_nobody_is_one_error(guarded: Guarded) -> None:
    """G11.3-1, G11.2-1"""
    assert problem(guarded(admin_secret=SECRET).send([ASKED, ASKED]))[0] == "access-denied"


def test_the_right_secret(guarded: Guarded) -> None:
    """G12.1-2, G12.1-6, G12.1-7: under both names, in any case, and before a token."""
    service = guarded(admin_secret=SECRET, jwt_secret_key=KEY)
    for name in ("x_hasura_admin_secret", "X_Hasura_Access_Key"):
        assert service.send(ASKED, **{name: SECRET}).json() == ROCK
        assert service.send(ASKED, **{name: SECRET, "authorization": "Bearer a.b"}).json() == ROCK
    columns = service.send(
        {"query": '{ __type(name: "employee") { fields { name } } }'}, x_hasura_admin_secret=SECRET
    ).json()["data"]["__type"]["fields"]
    assert {"birth_date", "reports_to", "manager", "reports"} <= {field["name"] for field in columns}


def test_a_token(guarded: Guarded) -> None:
    """G12.1-3: its default role, and one that the header picks."""
    service = guarded(jwt_secret_key=KEY)
    assert service.send(ASKED, **bearer()).json() == ROCK
    assert problem(service.send(ASKED, **bearer(), x_hasura_role="clerk"))[0] == "validation-failed"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"{", "invalid-json"), (b"", "invalid-json"), (b"\xff", "invalid-json"), (b"5", "parse-failed"),
     (b"{}", "parse-failed"), (b'{"query":5}', "parse-failed"), (b'{"query":"{a}","variables":[]}', "parse-failed")],
)  # fmt: skip
def test_a_body_that_is_no_request(graphql: GraphQL, content: bytes, code: str) -> None:
    """G11.2-1, G11.4-1, G11.4-5, G11.4-17"""
    answer = graphql.request("POST", content=content, headers={"content-type": "application/json"})
    assert problem(answer)[0] == code


def test_get_runs_nothing(graphql: GraphQL) -> None:
    """G11.2-1"""
    answer = graphql.request("GET", "/v1/graphql?query={genre{name}}")
    assert "Rock" not in answer.text
    assert answer.status_code < 500


def test_both_paths(graphql: GraphQL) -> None:
    """G11.1-1"""
    assert graphql.send(ASKED).json() == graphql.send(ASKED, path="/graphql").json() == ROCK


def test_an_unknown_feature(graphql: GraphQL) -> None:
    """G11.4-18"""
    answer = graphql.send({**ASKED, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}})
    assert problem(answer)[0] == "not-supported"


def test_what_the_database_said_is_for_an_admin_in_debug_mode(chinook_read: Settings, chinook_app: App) -> None:
    """G11.4-2"""
    body = {"query": '{ album(where: {id: {_eq: "x"}}) { id } }'}
    for debug in (False, True):
        with serving(chinook_read.model_copy(update={"debug": debug}), chinook_app) as service:
            [error] = service.send(body).json()["errors"]
            assert ("internal" in error["extensions"]) == debug
            assert not {"locations", "path"} & error.keys()


def test_the_database_does_not_answer(tmp_path: Path, chinook_app: App) -> None:
    """G11.4-22, G11.4-1"""
    with serving(sqlite_settings(tmp_path / "missing"), chinook_app) as service:
        assert problem(service.send(ASKED))[0] == "postgres-error"


@pytest.mark.parametrize(
    ("sqlstate", "code", "begins"),
    [
        ("XX000", "unexpected", "database query error"),
        ("57014", "time-limit-exceeded", "the operation took longer than it may"),
        ("40001", "concurrent-update", ""),
        ("42P10", "constraint-error", "no"),
        ("08006", "postgres-error", ""),
        ("23P01", "constraint-violation", "Exclusion violation. no"),
        ("23514", "permission-error", "Check constraint violation. no"),
    ],
)
def test_what_tests_cannot_make_the_database_say(sqlstate: str, code: str, begins: str) -> None:
    """G11.4-6, G11.4-7, G11.4-10, G11.4-21, G11.4-22, G11.4-23"""
    found = failure(DatabaseError(sqlstate, "no"))
    assert found.code == code
    assert found.message.startswith(begins)
