"""No secret, token or value of a client gets into the logs, whatever goes wrong (docs/access.md)."""

import io
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import jwt
import pytest
import strawberry
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from asker import Asker, asking
from chinook import resolvers as chinook_resolvers
from chinook.models import Customer
from gemel import function
from gemel.app import load_app
from gemel.functions import read_functions
from gemel.observe import configure_logging
from gemel.settings import Settings
from gemel_graphql import Context

MARK = "zqzq"
"""In everything that no log may hold."""
ADMIN = {"x-hasura-admin-secret": f"{MARK}-admin-secret-{'x' * 20}"}
KEY = f"{MARK}-signs-tokens-{'x' * 30}"
Info = strawberry.Info[Context, None]


@strawberry.type
class Query:
    @strawberry.field
    async def broken(self, info: Info, name: str) -> int:
        """Fails with the value in its statement, as code with a bug does."""
        return int(
            (await info.context.session.execute(text("SELECT 1 FROM nothing WHERE x = :name"), {"name": name})).one()[0]
        )

    @strawberry.field
    async def doubled(self, info: Info, name: str) -> int:
        """Writes what a constraint refuses."""
        info.context.session.add(Customer(id=1, first_name=name, last_name=name, email=name))
        await info.context.session.flush()
        return 1


@pytest.fixture(params=[False, True], ids=["json", "debug"])
def stream(request: pytest.FixtureRequest, logs_as_before: None) -> Iterator[io.StringIO]:
    """What is logged."""
    found = io.StringIO()
    configure_logging(request.param, found)
    logging.getLogger("httpx").disabled = True  # the client of the test
    yield found
    logging.getLogger("httpx").disabled = False


@function(writes=True)
async def careless(session: AsyncSession, name: str) -> int:
    """Fails with the value in its statement, as code with a bug does."""
    return int((await session.execute(text("SELECT 1 FROM nothing WHERE x = :name"), {"name": name})).one()[0])


@pytest.fixture
def asker(chinook: Settings, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    monkeypatch.setattr(chinook_resolvers, "Query", Query)
    app = load_app("chinook")
    functions = ModuleType("functions_of_the_test")
    functions.careless = careless  # type: ignore[attr-defined]
    app.__dict__["functions"] = read_functions(functions)
    guarded = chinook.model_copy(
        update={"admin_secret": SecretStr(ADMIN["x-hasura-admin-secret"]), "jwt_secret_key": SecretStr(KEY)}
    )
    with asking(guarded, app) as found:
        yield found


def test_what_goes_wrong_is_told_without_values(asker: Asker, stream: io.StringIO) -> None:
    claims = {"role": "customer", "user-id": "5", "name": f"{MARK}-claim", "exp": time.time() + 60}
    token = jwt.encode(claims, KEY, algorithm="HS256")
    bearer = {"authorization": f"Bearer {token}"}
    long = f"{MARK}-" + "x" * 500
    for headers in (ADMIN, bearer, {"authorization": f"Bearer {MARK}.a.b"}, {"x-hasura-admin-secret": f"{MARK}-no"},
                    {"x-api-key": f"gml_abcdefghijkl_{MARK}"}):  # fmt: skip
        named = {name.replace("-", "_"): value for name, value in headers.items()}
        for path in (f"/artist?name=eq.{MARK}", f"/artist?id=eq.{MARK}", f"/{MARK}?x=eq.1", f"/artist?{MARK}=eq.1"):
            asker.rest("GET", path.replace(f"/{MARK}", "/nothing"), **named)
        for body in (
            {"id": 1, "name": MARK},
            {"id": MARK},
            {"name": long},
            {"id": 2**40, "name": MARK},
            {MARK: MARK},
            [MARK],
        ):
            asker.rest("POST", "/artist", body, **named)
        asker.rest("POST", "/rpc/careless", {"name": MARK}, **named)
        as_ = replace(asker, headers=headers)
        for query in (
            '{ artist(where: {name: {_eq: "zqzq"}}) { id } }',
            '{ artist(where: {id: {_eq: "zqzq"}}) { id } }',
            '{ track(where: {name: {_similar: "zqzq("}}) { id } }',
            'mutation { insert_artist(objects: [{id: 1, name: "zqzq"}]) { affected_rows } }',
            'mutation { insert_customer(objects: [{email: "zqzq"}]) { affected_rows } }',
            "{ artist(where: {zqzq: 1}) { id } }",
            "{ zqzq",
        ):
            as_.graphql(query)
        as_.graphql("query ($zqzq: Int!) { artist(limit: $zqzq) { id } }", zqzq=MARK)
    told = stream.getvalue()
    assert told.count("request") > 60
    assert "function failed" in told
    assert "careless" in told
    assert MARK not in told
    assert token not in told
