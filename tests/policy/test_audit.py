"""What administrators do is written down: by commands, and with ``audit_admin`` through the APIs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from wiki import WIKIS, asked_wiki

from asker import Asker
from gemel.settings import Settings
from gemel.state.tables import state_tables
from gemel_cli.audit import note


@pytest.fixture(params=WIKIS)
def asker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asker]:
    with asked_wiki(request, tmp_path, audit_admin=True) as found:
        yield found


def lines(settings: Settings) -> list[tuple[object, ...]]:
    """Who, action, subject and rows of the audit table, oldest first."""
    table = state_tables(postgresql=settings.is_postgresql).audit
    engine = sa.create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(sa.select(table).order_by(table.c.id)).all()
    engine.dispose()
    return [(row.who, row.action, row.subject, json.loads(row.details)) for row in found]


def test_what_the_admin_changes(asker: Asker) -> None:
    admin = asker.as_("admin", user_id="root")
    admin.data('mutation { insert_space(objects: [{name: "a", is_open: true}]) { affected_rows } }')
    admin.rest("PATCH", "/page?id=in.(1,2)", {"words": 1}, traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    admin.rest("DELETE", "/remark?id=eq.1")
    admin.rest("DELETE", "/remark?id=eq.999")  # changes nothing
    removal = "delete_remark(where: {id: {_eq: 2}}) { affected_rows }"
    change = "update_space(where: {}, _set: {budget: 1}) { affected_rows }"
    admin.data(f"mutation {{ {removal} {change} }}")
    admin.rest("POST", "/space", {"name": "a", "is_open": True})  # refused, and so not written down
    admin.rows("/page")
    asker.as_("writer", user_id="ann").rest("PATCH", "/page?id=eq.1", {"words": 2})
    found = lines(asker.engine.settings)
    assert [(who, action, subject, details["rows"]) for who, action, subject, details in found] == [
        ("root", "api insert", "public.space", 1),
        ("root", "api update", "public.page", 2),
        ("root", "api delete", "public.remark", 1),
        ("root", "api delete", "public.remark", 1),
        ("root", "api update", "public.space", 4),
    ]
    assert found[1][3]["trace_id"] == "a" * 32


def test_what_is_done_elsewhere_is_noted_where_that_can_be(
    asker: Asker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = asker.engine.settings
    note(settings, "seed", "wiki", rows=3)
    assert lines(settings)[0][1:] == ("seed", "wiki", {"rows": 3})
    note(settings.model_copy(update={"state": False}), "seed", "wiki")
    nowhere = Settings(data_dir=tmp_path / "none")
    note(nowhere, "seed", "wiki")
    assert "seed is not in the audit table" in capsys.readouterr().err
    assert len(lines(settings)) == 1
