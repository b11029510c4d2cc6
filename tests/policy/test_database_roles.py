"""Row-level security that is written in SQL holds beside the policies (PostgreSQL, setting ``database_roles``)."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from psycopg import sql
from wiki import Remark, wiki_app

from asker import Asker, asking
from databases import copy_of
from gemel import committed
from gemel.errors import SettingsError
from gemel.hooks import Hooks, read_hooks
from gemel.settings import Settings, load


@committed("insert", Remark)
async def told(_: object) -> None:
    """Has an event recorded for each remark."""


def hooks() -> Hooks:
    module = ModuleType("hooks_of_the_test")
    module.told = told  # type: ignore[attr-defined]
    return read_hooks(module)


def run(settings: Settings, *statements: str | sql.Composed) -> list[tuple[object, ...]]:
    """Run statements as the owner; rows of the last."""
    with psycopg.connect(settings.database, autocommit=True) as owner:
        cursor = owner.cursor()
        for statement in statements:
            cursor.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=[False, True], ids=["plain", "hooked"])
def asker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asker]:
    """The wiki, on a server that has a role for each of its own but ``keeper``."""
    app = wiki_app()
    if request.param:
        app.__dict__["hooks"] = hooks()
    names = [role for role in app.policies.roles if role not in ("admin", "keeper")]
    with (
        psycopg.connect(request.getfixturevalue("postgresql_server"), autocommit=True) as guard,
        copy_of(request.getfixturevalue("postgresql_wiki"), request, tmp_path) as settings,
    ):
        # Roles are the server's, which all workers share.
        guard.execute("SELECT pg_advisory_lock(hashtext('roles of the wiki'))")
        for role in names:
            name = sql.Identifier(role)
            run(
                settings,
                sql.SQL("DROP ROLE IF EXISTS {}").format(name),
                sql.SQL("CREATE ROLE {} NOLOGIN").format(name),
                sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(name),
                sql.SQL("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
            )
        try:
            with asking(settings.model_copy(update={"database_roles": True}), app) as found:
                yield found
        finally:
            run(settings, *(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)) for role in names))


def secure(asker: Asker) -> Settings:
    """Write rules in SQL that are narrower than the policies."""
    settings = asker.engine.settings
    run(
        settings,
        "ALTER TABLE page ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY short ON page USING (words < 500) WITH CHECK (words < 500)",
        "ALTER TABLE remark ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON remark USING (author = current_setting('request.jwt.claims')::json->>'x-hasura-user-id')",
    )
    return settings


def test_reads(asker: Asker) -> None:
    ann = asker.as_("editor", user_id="ann")
    assert [row["title"] for row in ann.rows("/page?order=id")] == ["home", "plans", "gold"]
    secure(asker)
    assert [row["title"] for row in ann.rows("/page?order=id")] == ["home", "plans", "gold"]
    assert ann.rows("/page?id=in.(7,8)") == []  # the policy would show them
    assert ann.data("{ page_by_pk(id: 7) { id } page_aggregate { aggregate { count } } }") == {
        "page_by_pk": None,
        "page_aggregate": {"aggregate": {"count": 3}},
    }
    assert [row["text"] for row in ann.rows("/remark")] == ["todo"]
    assert [row["text"] for row in asker.as_("editor", user_id="bob").rows("/remark?order=id")] == ["nice", "psst"]
    assert len(asker.as_("admin").rows("/remark")) == 4  # the owner of the tables


def test_writes(asker: Asker) -> None:
    settings = secure(asker)
    ann = asker.as_("writer", user_id="ann")
    new = {"id": 90, "space_id": 1, "title": "new", "words": 10}
    assert ann.rest("POST", "/page", new, prefer="return=representation").json()[0]["owner"] == "ann"
    long = {**new, "id": 91, "title": "long", "words": 500}
    assert ann.problem("POST", "/page", long)[:2] == (403, "42501")
    code, _ = ann.refused("mutation { update_page(where: {id: {_eq: 1}}, _set: {words: 900}) { affected_rows } }")
    assert code == "permission-error"
    assert run(settings, "SELECT words FROM page WHERE id = 1") == [(100,)]
    assert ann.data("mutation { update_page(where: {}, _set: {words: 5}) { affected_rows } }") == {
        "update_page": {"affected_rows": 3}
    }
    assert run(settings, "SELECT count(*) FROM page WHERE id = 91") == [(0,)]


def test_what_is_ours_is_written_by_the_service_itself(asker: Asker) -> None:
    """Answers that are kept and events that are recorded: no role needs a right to our tables."""
    settings = secure(asker)
    ann = asker.as_("writer", user_id="ann")
    sent = {"page_id": 2, "text": "once"}
    first = ann.rest("POST", "/remark", sent, idempotency_key="k1", prefer="return=representation")
    again = ann.rest("POST", "/remark", sent, idempotency_key="k1", prefer="return=representation")
    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert run(settings, "SELECT count(*) FROM remark WHERE text = 'once'") == [(1,)]
    events = run(settings, "SELECT verb FROM gemel.outbox")
    assert events == ([("insert",)] if asker.engine.app.hooks.committed else [])


def test_the_role_is_gone_after_the_transaction(asker: Asker) -> None:
    ann = asker.as_("writer", user_id="ann")
    for _ in range(3):
        ann.rows("/page")
        ann.refused('mutation { insert_page(objects: {space_id: 2, title: "x"}) { affected_rows } }')
        assert len(asker.as_("admin").rows("/page")) == 8


def test_a_role_that_the_server_does_not_have(asker: Asker) -> None:
    keeper = asker.as_("keeper", words=1)
    status, code, message = keeper.problem("GET", "/page")
    assert (status, code, message) == (403, "0P000", 'the database has no role "keeper" that the service may take')
    assert keeper.refused("{ page { id } }") == ("permission-error", message)
    assert "GRANT keeper TO" in keeper.rest("GET", "/page").json()["hint"]


def test_live_queries_are_told_apart(asker: Asker) -> None:
    """Two of a role may be shown different rows by SQL alone."""
    reader = asker.as_("reader", user_id="ann")
    reader.rows("/page")
    [prepared] = [item for (role, _), (item, _) in asker.engine._queries._items.items() if role == "reader"]
    assert prepared.personal


def test_sqlite_has_no_roles() -> None:
    with pytest.raises(SettingsError, match="database_roles is for PostgreSQL"):
        load({"GEMEL_DATABASE_ROLES": "true"})
