"""What a role may do through backends only (docs/dialects/graphql.md, G12.2-12)."""

import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy.dialects import sqlite

from asker import Asker
from gemel.auth import Authenticator
from gemel.auth.actor import BACKEND, backend_of
from gemel.errors import AccessError
from gemel.policy import explain
from gemel.settings import Settings

INSERT = 'mutation { insert_page_one(object: {id: 50, space_id: 1, title: "new"}) { id title } }'
FIELDS = "{ __schema { mutationType { fields { name } } } }"


@pytest.fixture
def author(wiki: Asker) -> Asker:
    return wiki.as_("author")


@pytest.fixture
def backend(wiki: Asker) -> Asker:
    return wiki.as_("author", use_backend_only_permissions="Yes")


def changes(asker: Asker) -> set[str]:
    return {field["name"] for field in asker.data(FIELDS)["__schema"]["mutationType"]["fields"]}


def test_others_do_not_have_it(author: Asker) -> None:
    """G12.2-12: not in the schema, not in the document, and nobody can do it."""
    assert changes(author) == {"update_page", "update_page_by_pk", "update_page_many"}
    assert author.refused(INSERT)[0] == "validation-failed"
    assert author.problem("POST", "/page", {"id": 50, "space_id": 1, "title": "new"})[:2] == (403, "42501")
    assert author.problem("DELETE", "/page?id=eq.1")[:2] == (403, "42501")
    assert set(author.rows("/")["paths"]["/page"]) == {"get", "head", "patch"}


def test_backends_have_it(wiki: Asker, author: Asker, backend: Asker) -> None:
    """G12.2-12"""
    assert {"insert_page", "delete_page", "update_page"} <= changes(backend)
    assert backend.data(INSERT) == {"insert_page_one": {"id": 50, "title": "new"}}
    assert author.refused(INSERT)[0] == "validation-failed", "what is cached of one is not the other's"
    sent = {"id": 51, "space_id": 1, "title": "newer"}
    assert backend.rest("POST", "/page", sent).status_code == 201
    assert author.problem("POST", "/page", sent)[:2] == (403, "42501")
    assert backend.rest("DELETE", "/page?id=eq.51").status_code == 204
    assert set(backend.rows("/")["paths"]["/page"]) == {"delete", "get", "head", "patch", "post", "put"}
    assert backend.problem("POST", "/page", {**sent, "words": 1})[:2] == (400, "PGRST204")
    assert wiki.as_("admin", use_backend_only_permissions="true").rest("DELETE", "/page?id=eq.50").status_code == 204
    assert wiki.as_("nobody", use_backend_only_permissions="true").problem("GET", "/page")[1] == "22023"


def test_it_can_be_said_that_it_is_not_wanted(wiki: Asker) -> None:
    """G12.2-12"""
    for text in ("false", "f", "No", "n"):
        assert wiki.as_("author", use_backend_only_permissions=text).refused(INSERT)[0] == "validation-failed"


def test_neither_true_nor_false(wiki: Asker) -> None:
    """G12.2-12"""
    for text in ("", "1", "maybe"):
        asker = wiki.as_("author", use_backend_only_permissions=text)
        assert asker.refused(INSERT)[0] == "bad-request"
        told = f"{BACKEND}: {text!r} is neither true nor false"
        assert asker.problem("GET", "/page") == (400, "PGRST100", told)


def test_a_token_is_no_backend() -> None:
    """G12.2-12: only who has the admin secret, or needs none."""
    settings = Settings(admin_secret=SecretStr("s" * 40), jwt_secret_key=SecretStr("k" * 40))
    authenticator = Authenticator(settings)
    flag = {BACKEND: "true"}
    secret = {"x-hasura-admin-secret": "s" * 40, "x-hasura-role": "author"}
    by_secret = authenticator.authenticate({**secret, **flag}, False)
    assert (by_secret.role, by_secret.backend, BACKEND in by_secret.claims) == ("author", True, False)
    token = jwt.encode({"role": "author"}, "k" * 40, algorithm="HS256")
    by_token = authenticator.authenticate({"authorization": f"Bearer {token}", **flag}, False)
    assert (by_token.role, by_token.backend) == ("author", False)
    sly = jwt.encode({"role": backend_of("author")}, "k" * 40, algorithm="HS256")
    with pytest.raises(AccessError, match="NUL"):
        authenticator.authenticate({"authorization": f"Bearer {sly}"}, False)
    with pytest.raises(AccessError):
        authenticator.authenticate({"x-hasura-admin-secret": "wrong", **flag}, False)


def test_it_is_explained(wiki: Asker) -> None:
    access = wiki.engine.access.of(backend_of("author"))
    lines = list(explain(access, access.views.tables["public", "page"], sqlite.dialect()))
    assert [line for line in lines if not line.startswith(" ")] == [
        "select:", "insert, through backends only:", "update:", "delete, through backends only:",
    ]  # fmt: skip
