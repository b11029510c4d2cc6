"""Who asks (docs/dialects/rest.md, section 20)."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr
from rest_client import Rest, problem, serving

from databases import sqlite_settings
from gemel.app import App

SECRET = "a secret of more than thirty-two characters"


@pytest.fixture(scope="module")
def guarded(sqlite_template: Any, chinook_app: App) -> Any:
    """A service that asks for tokens."""
    settings = sqlite_template.model_copy(update={"jwt_secret_key": SecretStr(SECRET)})
    with serving(settings, chinook_app) as client:
        yield client


def bearer(**claims: Any) -> dict[str, str]:
    return {"authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


def test_a_token_with_a_role(guarded: Rest) -> None:
    """R20-1"""
    answer = guarded("GET", "/genre?id=eq.1", headers=bearer(role="admin", exp=int(time.time()) + 60))
    assert answer.json() == [{"id": 1, "name": "Rock"}]
    assert problem(guarded("GET", "/employee", headers=bearer(role="customer"))) == (403, "42501")
    assert problem(guarded("GET", "/nope", headers=bearer(role="customer"))) == (404, "PGRST205")
    assert problem(guarded("GET", "/genre", headers=bearer(role="clerk"))) == (401, "22023")


@pytest.mark.parametrize(
    ("header", "code", "challenge"),
    [
        (None, "PGRST302", "Bearer"),
        ("Basic abc", "PGRST302", "Bearer"),
        ("Bearer ", "PGRST301", "Empty JWT is sent in Authorization header"),
        ("Bearer a.b", "PGRST301", "Expected 3 parts in JWT; got 2"),
        ("bearer a.b.c", "PGRST301", "JWT cannot be decoded"),
    ],
)
def test_no_good_token(guarded: Rest, header: str | None, code: str, challenge: str) -> None:
    """R20-1, R20-3, R20-7, R20-8, R21-40"""
    headers = {"authorization": header} if header is not None else {}
    for method, path in (("GET", "/genre"), ("POST", "/genre"), ("OPTIONS", "/genre"), ("GET", "/"), ("GET", "/nope")):
        answer = guarded(method, path, headers=headers)
        assert problem(answer) == (401, code)
        given = answer.headers["www-authenticate"]
        assert given == (
            challenge if code == "PGRST302" else f'Bearer error="invalid_token", error_description="{challenge}"'
        )
    assert problem(guarded.at("GET", "/openapi.json", headers=headers)) == (401, code)


def test_times(guarded: Rest) -> None:
    """R20-3, R20-10"""
    late = guarded("GET", "/genre", headers=bearer(role="admin", exp=int(time.time()) - 3600))
    assert (problem(late), late.json()["message"]) == ((401, "PGRST303"), "JWT expired")
    early = guarded("GET", "/genre", headers=bearer(role="admin", nbf=int(time.time()) + 3600))
    assert (problem(early), early.json()["message"]) == ((401, "PGRST303"), "JWT not yet valid")


def test_another_key(guarded: Rest) -> None:
    """R20-9"""
    token = jwt.encode({"role": "admin"}, SECRET[::-1], "HS256")
    assert problem(guarded("GET", "/genre", headers={"authorization": f"Bearer {token}"})) == (401, "PGRST301")


def test_a_token_that_cannot_be_checked(sqlite_template: Any, chinook_app: App) -> None:
    """R20-6, R21-40"""
    settings = sqlite_template.model_copy(update={"admin_secret": SecretStr("x" * 20)})
    with serving(settings, chinook_app) as client:
        answer = client("GET", "/genre", headers=bearer(role="admin"))
        assert (problem(answer), answer.json()["message"]) == ((500, "PGRST300"), "Server lacks JWT secret")
        assert problem(client("GET", "/genre", headers={"x-hasura-admin-secret": "wrong"})) == (401, "PGRST301")
        assert client("GET", "/genre", headers={"x-hasura-admin-secret": "x" * 20}).status_code == 200


def test_the_database_does_not_answer(tmp_path: Path, chinook_app: App) -> None:
    """R21-5, R22-24"""
    with serving(sqlite_settings(tmp_path / "missing"), chinook_app) as client:
        answer = client("GET", "/genre")
        assert problem(answer) == (503, "PGRST000")
        assert answer.headers["retry-after"] == "1"
