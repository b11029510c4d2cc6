"""Row filters, column sets, limits and aggregates hold on every way to a table."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from wiki import Space, asked_wiki

from asker import Asker
from conftest import KINDS
from gemel.errors import DatabaseError
from gemel.policy import visible

PUBLISHED = ["gold", "home", "more", "news"]


@pytest.fixture(scope="module", params=KINDS)
def wiki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """The wiki, which is only read here."""
    with asked_wiki(request, tmp_path_factory.mktemp("wiki")) as asker:
        yield asker


@pytest.fixture
def ann(wiki: Asker) -> Asker:
    return wiki.as_("writer", user_id="ann")


def test_rows_of_a_list(ann: Asker) -> None:
    """G12.2-4, G12.2-5: hidden rows are not there, and a limit of the role cuts."""
    found = ann.data("{ page(order_by: {id: asc}, limit: 50) { title } }")
    assert [row["title"] for row in found["page"]] == ["home", "plans", "gold"]
    assert [row["title"] for row in ann.rows("/page?select=title&order=id")] == ["home", "plans", "gold"]
    assert len(ann.rows("/page?limit=2")) == 2
    assert [row["title"] for row in ann.rows("/page?order=id&offset=3")] == ["news", "more"]


def test_one_row_by_its_key(ann: Asker) -> None:
    """G12.2-4"""
    assert ann.data("{ page_by_pk(id: 3) { title } }") == {"page_by_pk": None}
    assert ann.data("{ page_by_pk(id: 2) { title } }") == {"page_by_pk": {"title": "plans"}}
    assert ann.problem("GET", "/page/3")[:2] == (404, "PGRST116")
    assert ann.rest("GET", "/page/2").json()["title"] == "plans"


def test_related_rows(ann: Asker) -> None:
    """G12.2-4, G5.5-4: object relations are null, lists are without them."""
    found = ann.data("{ remark(order_by: {id: asc}) { id page { title } } }")
    titles = [row["page"] and row["page"]["title"] for row in found["remark"]]
    assert titles == ["home", "plans", None, "gold"]
    rows = ann.rows("/remark?select=id,page(title)&order=id")
    assert [row["page"] and row["page"]["title"] for row in rows] == titles
    spaces = ann.data("{ space(order_by: {id: asc}) { name pages(order_by: {id: asc}) { title } } }")["space"]
    assert spaces == [{"name": "hall", "pages": [{"title": "home"}, {"title": "plans"}, {"title": "news"}]}]


def test_conditions_over_relations(ann: Asker) -> None:
    """G5.5-4: what a hidden row holds is not found by asking."""
    query = "query($title: String!) { remark(where: {page: {title: {_eq: $title}}}) { id } }"
    assert ann.data(query, title="notes") == {"remark": []}
    assert ann.data(query, title="home") == {"remark": [{"id": 1}]}
    assert ann.rows("/remark?select=id,page!inner()&page.title=eq.notes") == []
    assert ann.data('{ space(where: {pages: {title: {_eq: "notes"}}}) { id } }') == {"space": []}
    measured = "{ space(where: {pages_aggregate: {count: {predicate: {_eq: %d}}}}) { id } }"
    assert ann.data(measured % 4) == {"space": [{"id": 1}]}  # home, plans, news, more
    assert ann.data(measured % 5) == {"space": []}
    largest = "{ space(where: {pages_aggregate: {max: {arguments: words, predicate: {_eq: %d}}}}) { id } }"
    assert ann.data(largest % 800) == {"space": [{"id": 1}]}


def test_orders_over_relations(wiki: Asker) -> None:
    """G12.2-4: a hidden row sorts as one that is not there."""
    bob = wiki.as_("writer", user_id="bob")
    everything = "{ remark(order_by: [{page: {words: desc_nulls_last}}, {id: asc}]) { id } }"
    assert [row["id"] for row in bob.data(everything)["remark"]] == [4, 3, 1, 2]  # plans of ann's is hidden
    assert [row["id"] for row in bob.rows("/remark?order=page(words).desc.nullslast,id&select=id,page()")] == [
        4,
        3,
        1,
        2,
    ]
    counted = """{ space(order_by: [{pages_aggregate: {count: desc}}, {id: asc}]) {
        id pages_aggregate { aggregate { count } } } }"""
    assert [(row["id"], row["pages_aggregate"]["aggregate"]["count"]) for row in bob.data(counted)["space"]] == [
        (1, 4),
        (2, 2),
    ]


def test_aggregates(ann: Asker) -> None:
    """G12.2-4, G12.2-5, G8-8: what is computed sees all permitted rows, and only nodes are cut."""
    found = ann.data(
        "{ page_aggregate(order_by: {id: asc}) { aggregate { count sum { words } max { words } } nodes { title } } }"
    )["page_aggregate"]
    assert found["aggregate"] == {"count": 5, "sum": {"words": 2200}, "max": {"words": 800}}
    assert [row["title"] for row in found["nodes"]] == ["home", "plans", "gold"]
    grouped = ann.data("{ page_aggregate { groups(by: [state]) { key { state } aggregate { count } } } }")
    assert sorted((row["key"]["state"], row["aggregate"]["count"]) for row in grouped["page_aggregate"]["groups"]) == [
        ("draft", 1),
        ("published", 4),
    ]


def test_totals(ann: Asker) -> None:
    """G12.2-4: a count is one of the rows that are there."""
    answer = ann.rest("GET", "/page?limit=1", prefer="count=exact")
    assert answer.headers["content-range"] == "0-0/5"
    for kind in ("planned", "estimated"):  # a guess would be one of hidden rows, too
        assert ann.rest("GET", "/page?limit=1", prefer=f"count={kind}").headers["content-range"] == "0-0/5"
    answer = ann.rest("HEAD", "/page?title=eq.notes", prefer="count=exact")
    assert answer.headers["content-range"] == "*/0"


def test_a_claim_is_a_number(wiki: Asker) -> None:
    keeper = wiki.as_("keeper", words=550)
    assert [row["title"] for row in keeper.rows("/page?order=id")] == ["dust", "news", "more"]
    assert wiki.as_("keeper", words="many").problem("GET", "/page")[1] == "22P02"


def test_a_missing_claim_is_refused(wiki: Asker) -> None:
    """G11.4-11, G12.2-14: not "no rows"."""
    nobody = wiki.as_("writer")
    assert nobody.refused("{ page { id } }") == ("not-found", 'missing session variable: "x-hasura-user-id"')
    assert nobody.problem("GET", "/page")[:2] == (403, "42501")
    assert nobody.problem("DELETE", "/page?id=eq.1")[:2] == (403, "42501")
    assert nobody.refused("{ remark { page { id } } }")[0] == "not-found"
    assert nobody.data("{ remark(limit: 1, order_by: {id: asc}) { id } }") == {"remark": [{"id": 1}]}


def test_columns_that_a_role_does_not_see(ann: Asker) -> None:
    """G12.2-3: they vanish from every place."""
    for query in (
        "{ page { secret } }",
        '{ page(where: {secret: {_eq: "s1"}}) { id } }',
        "{ page(order_by: {secret: asc}) { id } }",
        "{ page(distinct_on: [secret]) { id } }",
        "{ page_aggregate { aggregate { max { secret } } } }",
        "{ page_aggregate { aggregate { count(columns: [secret]) } } }",
        "{ page_aggregate { groups(by: [secret]) { key { secret } } } }",
        "{ space { pages(where: {touched: {_is_null: true}}) { id } } }",
    ):
        assert ann.refused(query)[0] == "validation-failed", query
    for path in (
        "/page?select=secret",
        "/page?secret=eq.s1",
        "/page?order=secret",
        "/page?or=(secret.eq.s1,id.eq.1)",
        "/space?select=pages:page(secret)",
        "/space?select=id,page!inner()&page.secret=eq.s1",
        "/page?select=id&not.and=(secret.is.null)",
    ):
        assert ann.problem("GET", path)[:2] == (400, "42703"), path
    assert "secret" not in ann.rows("/page")[0]
    assert (
        ann.rest("GET", "/page?limit=1", accept="text/csv").text.splitlines()[0]
        == "id,space_id,title,owner,state,words"
    )


def test_tables_that_a_role_does_not_see(wiki: Asker) -> None:
    """G12.2-1, R20-4, G10.5-2"""
    reader = wiki.as_("reader")
    assert reader.refused("{ space { id } }") == ("validation-failed", "field 'space' not found in type: 'query_root'")
    assert reader.problem("GET", "/space") == (403, "42501", "permission denied for table space")
    assert reader.refused("{ page { space { id } } }")[0] == "validation-failed"
    assert reader.problem("GET", "/page?select=title,space(id)")[:2] == (400, "PGRST200")
    assert reader.problem("GET", "/remark?select=page(title)")[:2] == (403, "42501")


def test_without_aggregates(wiki: Asker) -> None:
    """G12.2-6"""
    reader = wiki.as_("reader")
    assert sorted(row["title"] for row in reader.rows("/page")) == PUBLISHED
    assert reader.refused("{ page_aggregate { aggregate { count } } }")[0] == "validation-failed"
    assert reader.problem("GET", "/page?select=words.sum()")[1] in ("42501", "PGRST123")


def test_a_key_that_a_role_does_not_see(wiki: Asker) -> None:
    """What goes by the key is not there."""
    reader = wiki.as_("reader")
    assert reader.refused("{ page_by_pk(id: 1) { title } }")[0] == "validation-failed"
    assert reader.refused("{ page { _cursor } }")[0] == "validation-failed"
    assert reader.problem("GET", "/page/1")[0] == 404
    assert reader.problem("GET", "/page?select=title,cursor()")[0] == 400


def test_a_role_may_do_nothing(wiki: Asker) -> None:
    """G12.2-2, G10.5-2, R20-4"""
    stranger = wiki.as_("stranger")
    assert stranger.data("{ no_queries_available __typename }") is not None
    assert stranger.refused("mutation { delete_page(where: {}) { affected_rows } }") == (
        "validation-failed",
        "no mutations exist",
    )
    assert stranger.problem("GET", "/page") == (401, "22023", 'role "stranger" does not exist')
    assert (
        wiki.as_("reader").refused("mutation { delete_page(where: {}) { affected_rows } }")[1] == "no mutations exist"
    )


def test_inherited_policies(wiki: Asker) -> None:
    """G12.2-17: a role that has none of its own has those of its parents; the rows of several are united."""
    editor = wiki.as_("editor", user_id="ann")
    assert [row["title"] for row in editor.rows("/page?order=id")] == ["home", "plans", "gold"]
    both = wiki.as_("both", user_id="ann", words=550)
    assert [row["title"] for row in both.rows("/page?order=id")] == ["home", "plans", "gold", "dust", "news"]


def test_documents_show_what_the_role_sees(wiki: Asker) -> None:
    """G12.2-1, G12.2-3, R20-5"""
    reader, writer = wiki.as_("reader"), wiki.as_("writer", user_id="ann")
    names = "{ __schema { types { name fields { name } inputFields { name } enumValues { name } } } }"
    shown = str(reader.data(names))
    assert "secret" not in shown
    assert "space" not in shown
    assert "remark" not in shown
    assert "'words'" in shown
    assert "mutation_root" not in shown
    shown = str(writer.data(names))
    assert "secret" not in shown
    assert "touched" not in shown
    assert "budget" not in shown
    document = reader.rows("/")
    assert set(document["paths"]) == {"/page"}
    assert set(document["paths"]["/page"]) == {"get", "head"}
    assert "secret" not in str(document)
    assert "space" not in str(document)
    document = writer.rows("/")
    assert {"/page", "/page/{id}", "/space", "/space/{id}", "/remark", "/remark/{id}", "/"} == set(document["paths"])
    assert set(document["paths"]["/page"]) == {"get", "head", "post", "patch", "put", "delete"}
    assert set(document["paths"]["/space"]) == {"get", "head"}
    assert "secret" not in str(document)
    assert "budget" not in str(document)
    assert set(document["components"]["schemas"]["PageInsert"]["properties"]) == {"id", "space_id", "title", "words"}


def test_a_filtered_object_may_be_null(wiki: Asker) -> None:
    """G12.2-4"""
    shape = '{ __type(name: "remark") { fields { name type { kind } } } }'
    fields = wiki.as_("writer", user_id="ann").data(shape)["__type"]["fields"]
    assert {item["name"]: item["type"]["kind"] for item in fields}["page"] == "OBJECT"
    fields = wiki.as_("admin").data(shape)["__type"]["fields"]
    assert {item["name"]: item["type"]["kind"] for item in fields}["page"] == "NON_NULL"


def test_a_policy_does_not_ask_other_policies(wiki: Asker) -> None:
    """G12.2-16: the filter of the table is applied; within it the related table's is not."""
    auditor = wiki.as_("auditor")
    assert auditor.rows("/space?select=name,page(title)&order=id&page.order=id") == [
        {"name": "hall", "page": [{"title": "home"}, {"title": "news"}, {"title": "more"}]},
        {"name": "vault", "page": [{"title": "gold"}]},
        {"name": "attic", "page": []},
    ]


def test_introspection_switched_off(wiki: Asker) -> None:
    """G10.5-4"""
    hushed = wiki.as_("hushed")
    for query in ("{ __schema { queryType { name } } }", '{ page { title } __type(name: "page") { name } }'):
        assert hushed.refused(query) == ("not-supported", 'introspection is disabled for role: "hushed"')
    assert len(hushed.data("{ __typename page { title __typename } }")["page"]) == 4
    assert hushed.problem("GET", "/")[:2] == (404, "PGRST126")
    document = hushed.rest_client.get("http://localhost/openapi.json", headers=hushed.headers)
    assert hushed.runner.run(document).status_code == 404
    counted = wiki.metrics.expose("")[0].decode()
    assert 'gemel_refusals_total{limit="introspection",service="rest"} 2.0' in counted
    assert wiki.as_("reader").data("{ __schema { queryType { name } } }")


@pytest.mark.parametrize("form", ["{1,3}", "{}", '{"1",3}'])
def test_a_claim_that_is_a_list(wiki: Asker, form: str) -> None:
    """As Hasura's session variables that are arrays: PostgreSQL's literal, which lists of a token become."""
    listed = wiki.as_("listed", space_ids=form, owners='{ann,"e,v e"}')
    wanted = [] if form == "{}" else ["hall", "attic"]
    assert [row["name"] for row in listed.rows("/space?order=id")] == wanted
    assert listed.data("{ space(order_by: {id: asc}) { name pages(order_by: {title: asc}) { title } } }")["space"] == [
        {"name": name, "pages": [{"title": "home"}, {"title": "plans"}] if name == "hall" else []} for name in wanted
    ]


def test_a_list_that_is_none(wiki: Asker) -> None:
    listed = wiki.as_("listed", space_ids="{1,x}", owners="{ann}")
    assert listed.problem("GET", "/space")[:2] == (400, "22P02")
    assert wiki.as_("listed", owners="{ann}").problem("GET", "/space")[:2] == (403, "42501")


def test_a_list_in_a_session_of_the_app(wiki: Asker) -> None:
    settings = wiki.engine.settings
    engine = sa.create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://"))
    access = wiki.engine.access.of("listed")
    with Session(engine) as session:
        for text, names in (("{1,3}", {"hall", "attic"}), ("{}", set[str]())):
            rows = session.scalars(visible(access, {"x-hasura-space-ids": text}, Space))
            assert {row.name for row in rows} == names
        with pytest.raises(DatabaseError, match="invalid input syntax for the claim 'space-ids'"):
            visible(access, {"x-hasura-space-ids": "1,3"}, Space)
    engine.dispose()
