"""Checks, presets, filters and column sets of writes; what breaks one leaves nothing behind."""

from typing import Any

import pytest

from asker import Asker

CHECK = ("permission-error", "check constraint of an insert/update permission has failed")
RLS = (403, "42501", 'new row violates row-level security policy for table "page"')


@pytest.fixture
def ann(wiki: Asker) -> Asker:
    return wiki.as_("writer", user_id="ann")


def page(wiki: Asker, key: int) -> Any:
    """A page as it is stored."""
    found = wiki.as_("admin").rows(f"/page?id=eq.{key}")
    return found[0] if found else None


def test_presets_of_an_insert(wiki: Asker, ann: Asker) -> None:
    """G12.2-10: from a claim, a constant and null; what is preset cannot be given."""
    made = ann.data('mutation { insert_page_one(object: {id: 50, space_id: 1, title: "new"}) { owner state } }')
    assert made == {"insert_page_one": {"owner": "ann", "state": "draft"}}
    assert ann.rest("POST", "/page", {"id": 51, "space_id": 1, "title": "newer"}).status_code == 201
    assert {key: page(wiki, 51)[key] for key in ("owner", "state", "secret")} == {
        "owner": "ann",
        "state": "draft",
        "secret": None,
    }
    assert ann.refused('mutation { insert_page_one(object: {space_id: 1, title: "x", owner: "bob"}) { id } }')[0] == (
        "validation-failed"
    )
    assert ann.problem("POST", "/page", {"space_id": 1, "title": "x", "owner": "bob"})[:2] == (400, "PGRST204")


def test_many_rows_have_the_presets(wiki: Asker, ann: Asker) -> None:
    """G12.2-10"""
    rows = [{"id": 60 + number, "space_id": 1, "title": f"t{number}"} for number in range(5)]
    assert ann.rest("POST", "/page", rows).status_code == 201
    assert {page(wiki, row["id"])["owner"] for row in rows} == {"ann"}


def test_the_check_of_an_insert(wiki: Asker, ann: Asker) -> None:
    """G12.2-7, G11.4-7, R20-4: it looks along relations, once the row is there; all is rolled back."""
    objects = '[{id: 50, space_id: 1, title: "fine"}, {id: 51, space_id: 2, title: "wrong"}]'
    assert ann.refused(f"mutation {{ insert_page(objects: {objects}) {{ affected_rows }} }}") == CHECK
    rows = [{"id": 50, "space_id": 1, "title": "fine"}, {"id": 51, "space_id": 2, "title": "wrong"}]
    assert ann.problem("POST", "/page", rows) == RLS
    assert ann.problem("POST", "/page", rows[1]) == RLS
    assert page(wiki, 50) is None
    assert page(wiki, 51) is None


def test_checks_of_nested_rows(wiki: Asker, ann: Asker) -> None:
    """G9.2-16: those of each table, at each level."""
    bob = '{page_id: 3, text: "mine?"}'
    assert ann.refused(f"mutation {{ insert_remark_one(object: {bob}) {{ id }} }}") == CHECK
    nested = """mutation { insert_page_one(object: {id: 50, space_id: 1, title: "new",
        remarks: {data: [{id: 50, text: "first"}]}}) { owner remarks { author text } } }"""
    assert ann.data(nested)["insert_page_one"] == {"owner": "ann", "remarks": [{"author": "ann", "text": "first"}]}
    wrong = """mutation { insert_remark_one(object: {id: 51, text: "x", page: {data: {space_id: 2, title: "hidden"}}})
        { id } }"""
    assert ann.refused(wrong) == CHECK
    assert wiki.as_("admin").rows("/page?title=eq.hidden") == []


def test_rows_that_may_be_updated(wiki: Asker, ann: Asker) -> None:
    """G12.2-8: others are left alone, without a word."""
    found = ann.data("mutation { update_page(where: {}, _inc: {words: 1}) { affected_rows returning { id } } }")
    assert found["update_page"]["affected_rows"] == 2
    assert sorted(row["id"] for row in found["update_page"]["returning"]) == [1, 2]
    assert [page(wiki, key)["words"] for key in (1, 2, 3, 4)] == [101, 201, 300, 400]
    assert ann.data("mutation { update_page_by_pk(pk_columns: {id: 4}, _inc: {words: 1}) { id } }") == {
        "update_page_by_pk": None
    }
    answer = ann.rest("PATCH", "/page?id=in.(2,3,4)", {"words": 7}, prefer="return=representation")
    assert [row["id"] for row in answer.json()] == [2]
    assert ann.problem("PATCH", "/page/3", {"words": 7})[0] == 404
    assert page(wiki, 3)["words"] == 300


def test_columns_and_presets_of_an_update(wiki: Asker, ann: Asker) -> None:
    """G12.2-8, G12.2-10"""
    assert ann.refused('mutation { update_page(where: {}, _set: {owner: "ann"}) { affected_rows } }')[0] == (
        "validation-failed"
    )
    assert ann.problem("PATCH", "/page?id=eq.2", {"owner": "bob"})[:2] == (400, "PGRST204")
    assert ann.problem("PATCH", "/page?id=eq.2", {"touched": "bob"})[:2] == (400, "PGRST204")
    assert ann.rest("PATCH", "/page?id=eq.2", {"words": 1}).status_code == 204
    assert page(wiki, 2)["touched"] == "ann"


def test_the_check_of_an_update(wiki: Asker, ann: Asker) -> None:
    """G12.2-8, R20-4"""
    wrong = 'mutation { update_page(where: {}, _set: {state: "gone"}) { affected_rows } }'
    assert ann.refused(wrong) == CHECK
    assert ann.problem("PATCH", "/page?id=eq.1", {"state": "gone"}) == RLS
    assert page(wiki, 1)["state"] == "published"
    assert ann.rest("PATCH", "/page?id=eq.1", {"state": "draft"}).status_code == 204


def test_rows_that_may_be_deleted(wiki: Asker, ann: Asker) -> None:
    """G12.2-9"""
    wiki.as_("admin").rest("DELETE", "/remark?id=gt.0")
    answer = ann.data("mutation { delete_page(where: {}) { affected_rows returning { title } } }")
    assert answer == {"delete_page": {"affected_rows": 1, "returning": [{"title": "plans"}]}}
    assert ann.problem("DELETE", "/page/3")[0] == 404
    assert ann.rest("DELETE", "/page?title=eq.notes", prefer="return=representation").json() == []
    assert page(wiki, 3)["title"] == "notes"
    assert ann.refused("mutation { delete_remark(where: {}) { affected_rows } }")[0] == "validation-failed"
    assert ann.problem("DELETE", "/remark?id=eq.1") == (403, "42501", "permission denied for table remark")


def test_what_cannot_be_read_is_not_returned(wiki: Asker) -> None:
    """G12.2-4: rows that are written and then hidden."""
    keeper = wiki.as_("writer", user_id="bob")
    found = keeper.data(
        'mutation { update_page(where: {id: {_in: [3, 4]}}, _set: {state: "draft"}) '
        "{ affected_rows returning { id } } }"
    )
    assert found["update_page"]["affected_rows"] == 2
    box = wiki.as_("box")
    assert box.rest("POST", "/remark", {"page_id": 3, "text": "hello"}).status_code == 201
    assert box.problem("POST", "/remark", {"page_id": 3, "text": "x"}, prefer="return=representation")[1] == "42501"


def test_a_role_that_only_inserts(wiki: Asker) -> None:
    """G9.1-3: no ``returning``, no ``_one``."""
    box = wiki.as_("box")
    assert box.data('mutation { insert_remark(objects: [{page_id: 1, text: "a"}]) { affected_rows } }') == {
        "insert_remark": {"affected_rows": 1}
    }
    assert (
        "returning"
        in box.refused('mutation { insert_remark(objects: [{page_id: 1, text: "a"}]) { returning { id } } }')[1]
    )
    assert box.refused('mutation { insert_remark_one(object: {page_id: 1, text: "a"}) { id } }')[0] == (
        "validation-failed"
    )
    assert box.problem("GET", "/remark")[:2] == (403, "42501")
    rows = wiki.as_("admin").rows("/remark?text=eq.a")
    assert [row["author"] for row in rows] == ["box"]


def test_upserts(wiki: Asker, ann: Asker) -> None:
    """G12.2-11: rows outside the filter of the update are left alone; each is checked by what was done to it."""
    upsert = """mutation($rows: [page_insert_input!]!) { insert_page(objects: $rows, on_conflict: {
        constraint: page_pkey, update_columns: [words, title]}) { affected_rows returning { id owner words } } }"""
    rows = [
        {"id": 2, "space_id": 1, "title": "plans", "words": 21},
        {"id": 3, "space_id": 1, "title": "notes", "words": 31},
        {"id": 70, "space_id": 1, "title": "seventy", "words": 71},
    ]
    found = ann.data(upsert, rows=rows)["insert_page"]
    assert sorted((row["id"], row["owner"], row["words"]) for row in found["returning"]) == [
        (2, "ann", 21),
        (70, "ann", 71),
    ]
    assert page(wiki, 2)["touched"] == "ann"
    assert page(wiki, 2)["secret"] == "s2"
    assert page(wiki, 3)["words"] == 300
    wrong = [{"id": 71, "space_id": 2, "title": "x"}]
    assert ann.refused(upsert, rows=wrong) == CHECK
    assert ann.refused(upsert.replace("words, title", "owner"), rows=rows)[0] == "validation-failed"
    merge = {"prefer": "resolution=merge-duplicates"}
    assert ann.problem("POST", "/page", {"id": 2, "space_id": 2, "title": "plans"}, **merge)[:2] == (400, "PGRST204")
    assert ann.rest("POST", "/page", {"id": 2, "title": "plans", "words": 5}, **merge).status_code >= 400  # no space
    assert ann.problem("PUT", "/page?id=eq.2", {"id": 2, "space_id": 1, "title": "plans", "owner": "x"})[0] == 400


def test_an_upsert_without_the_right_to_update(wiki: Asker, ann: Asker) -> None:
    """G9.2-8, G12.2-11"""
    wiki_role = wiki.as_("writer", user_id="ann")
    shape = '{ __type(name: "remark_update_column") { enumValues { name } } }'
    assert wiki_role.data(shape) == {"__type": {"enumValues": [{"name": "_PLACEHOLDER"}]}}
    upsert = """mutation { insert_remark(objects: [{id: 1, page_id: 1, text: "over"}],
        on_conflict: {constraint: remark_pkey, update_columns: []}) { affected_rows } }"""
    assert ann.data(upsert) == {"insert_remark": {"affected_rows": 0}}
    merge = ann.problem("POST", "/remark", {"id": 1, "page_id": 1, "text": "x"}, prefer="resolution=merge-duplicates")
    assert merge[:2] == (403, "42501")
    assert wiki.as_("admin").rows("/remark/1")["text"] == "nice"


def test_updates_along_relations(wiki: Asker, ann: Asker) -> None:
    """G12.2-1: what may not be done is not offered."""
    fields = ann.data('{ __type(name: "page_nested_input") { inputFields { name } } }')["__type"]
    assert [item["name"] for item in fields["inputFields"]] == ["remarks"]
    fields = ann.data('{ __type(name: "remark_arr_rel_nested_input") { inputFields { name } } }')["__type"]
    assert [item["name"] for item in fields["inputFields"]] == ["insert"]
    nested = """mutation { update_page(where: {id: {_in: [1, 3]}}, _set: {words: 9},
        _nested: {remarks: {insert: {data: [{id: 80, text: "again"}]}}}) { affected_rows } }"""
    assert ann.data(nested) == {"update_page": {"affected_rows": 2}}
    assert wiki.as_("admin").rows("/remark/80") == {"id": 80, "page_id": 1, "author": "ann", "text": "again"}


def test_what_a_condition_of_a_write_would_tell(wiki: Asker) -> None:
    """Rows that may be changed and not be read are not found by a condition either."""
    bob = wiki.as_("writer", user_id="bob")
    assert (
        bob.rest("PATCH", "/page?title=eq.plans", {"words": 1}, prefer="count=exact").headers["content-range"] == "*/0"
    )


def test_if_match_is_of_what_the_role_sees(wiki: Asker, ann: Asker) -> None:
    """R20-4"""
    seen = ann.rest("GET", "/page/2").headers["etag"]
    wiki.as_("admin").rest("PATCH", "/page/2", {"secret": "changed"})
    assert ann.rest("PATCH", "/page/2", {"words": 4}, if_match=seen).status_code == 204
    assert ann.rest("PATCH", "/page/2", {"words": 4}, if_match=seen).status_code == 412
    assert ann.rest("PATCH", "/page/3", {"words": 4}, if_match=seen).status_code in (404, 412)


def test_a_missing_claim_writes_nothing(wiki: Asker) -> None:
    """G12.2-14"""
    nobody = wiki.as_("writer")
    assert nobody.problem("POST", "/page", {"id": 50, "space_id": 1, "title": "new"})[:2] == (403, "42501")
    assert nobody.refused("mutation { update_page(where: {}, _inc: {words: 1}) { affected_rows } }")[0] == "not-found"
    assert page(wiki, 50) is None
    assert page(wiki, 1)["words"] == 100


def test_several_changes_at_once(wiki: Asker, ann: Asker) -> None:
    """R20-4: one that is not allowed undoes them all."""
    operations = [
        {"method": "PATCH", "path": "/page?id=eq.2", "body": {"words": 3}},
        {"method": "POST", "path": "/page", "body": {"space_id": 2, "title": "x"}},
    ]
    assert ann.problem("POST", "/", operations) == RLS
    assert page(wiki, 2)["words"] == 200


def test_what_the_database_says_of_hidden_values(wiki: Asker, ann: Asker) -> None:
    """Its words tell values only of what can be read: neither of hidden rows nor of hidden columns (decision 19)."""
    answer = ann.rest("POST", "/page", {"id": 90, "space_id": 1, "title": "notes"})
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    assert "page_title" in answer.json()["message"] or "title" in answer.json()["message"]
    assert answer.json()["details"] is None
    answer = ann.rest("POST", "/remark", {"id": 90, "page_id": 999, "text": "x"})
    assert answer.status_code in (403, 409)
    assert answer.json()["details"] is None
    admin = wiki.as_("admin")
    row = {"id": 91, "space_id": 1, "title": "notes", "owner": "x", "state": "draft"}
    assert "(title)=(notes)" in admin.rest("POST", "/page", row).json()["details"]
    wrong = ann.rest("POST", "/page", {"id": 92, "space_id": 1, "title": None})
    assert (wrong.status_code, wrong.json()["details"]) == (400, None)


def test_a_row_that_an_upsert_changes_meets_the_check_of_an_update(wiki: Asker) -> None:
    """And one that it inserts that of an insert, which is none here (G12.2-7)."""
    shelver, admin = wiki.as_("shelver"), wiki.as_("admin")
    row = {"id": 1, "space_id": 1, "title": "home", "owner": "ann", "state": "published", "words": 2000}
    merge = {"prefer": "resolution=merge-duplicates"}
    assert shelver.problem("POST", "/page", row, **merge)[:2] == (403, "42501")
    upsert = (
        "mutation ($row: page_insert_input!) { insert_page_one(object: $row,"
        " on_conflict: {constraint: page_pkey, update_columns: [words]}) { id } }"
    )
    assert shelver.refused(upsert, row=row)[0] == "permission-error"
    assert admin.rows("/page?id=eq.1&select=words") == [{"words": 100}]
    assert shelver.rest("POST", "/page", {**row, "words": 999}, **merge).status_code in (200, 201)
    assert shelver.rest("POST", "/page", {**row, "id": 91, "title": "long"}, **merge).status_code == 201
    assert admin.rows("/page?id=in.(1,91)&select=words&order=id") == [{"words": 999}, {"words": 2000}]


def test_rows_that_may_be_changed_but_not_read_are_left_alone(wiki: Asker) -> None:
    """Or a condition on them would tell of them (docs/decisions.md, 98)."""
    blind, admin = wiki.as_("blind"), wiki.as_("admin")
    done = blind.data("mutation { update_page(where: {}, _set: {words: 7}) { affected_rows } }")["update_page"]
    assert done == {"affected_rows": 4}
    assert len(admin.rows("/page?words=eq.7")) == 4
    assert blind.rest("PATCH", "/page?state=eq.draft", {"words": 8}).status_code == 204
    assert blind.rest("DELETE", "/page?state=eq.draft").status_code == 204
    assert len(admin.rows("/page?state=eq.draft&words=neq.8")) == 4


def test_a_precondition_tells_nothing_of_a_hidden_row(wiki: Asker) -> None:
    """A hidden row answers If-Match as one that is not there."""
    ann = wiki.as_("writer", user_id="ann")
    for headers in ({"if_match": '"abc"'}, {"if_match": "*"}):
        hidden, missing = (ann.rest("PATCH", f"/page/{key}", {"words": 1}, **headers) for key in (3, 999))
        assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
        assert missing.status_code == 412
    tag = wiki.as_("admin").rest("GET", "/page/3").headers["etag"]
    assert ann.rest("PATCH", "/page/3", {"words": 1}, if_match=tag).status_code == 412


def test_an_upsert_by_a_key_that_is_preset(wiki: Asker) -> None:
    """Whether a row is new, and has to meet the check of an insert, is known by what the policy writes."""
    upsert = (
        "mutation ($row: page_insert_input!) { insert_page_one(object: $row,"
        " on_conflict: {constraint: page_title_key, update_columns: [words]}) { title words } }"
    )
    row = {"space_id": 1, "owner": "ann", "state": "draft", "words": 50}
    there, new = wiki.as_("signer", title="home"), wiki.as_("signer", title="brand new")
    assert there.data(upsert, row=row)["insert_page_one"] == {"title": "home", "words": 50}
    assert new.refused(upsert, row=row)[0] == "permission-error"
    assert new.data(upsert, row={**row, "words": 9})["insert_page_one"] == {"title": "brand new", "words": 9}


def test_what_is_written_is_given_back_if_it_can_be_read(wiki: Asker) -> None:
    poster = wiki.as_("poster")
    row = {"id": 90, "space_id": 1, "title": "x", "owner": "ann", "state": "draft"}
    insert = (
        "mutation ($rows: [page_insert_input!]!) { insert_page(objects: $rows) { affected_rows returning { title } } }"
    )
    assert poster.data(insert, rows=[row]) == {"insert_page": {"affected_rows": 1, "returning": []}}
    shown = {**row, "id": 91, "title": "y", "state": "published"}
    both = [{**row, "id": 92, "title": "z"}, shown]
    assert poster.data(insert, rows=both) == {"insert_page": {"affected_rows": 2, "returning": [{"title": "y"}]}}
    answer = poster.rest("POST", "/page", {**row, "id": 93, "title": "w"}, prefer="return=representation")
    assert (answer.status_code, answer.json()) == (201, [])
    answer = poster.rest("PATCH", "/page?id=eq.91", {"state": "draft"}, prefer="return=representation")
    assert (answer.status_code, answer.json()) == (200, [])
    assert len(wiki.as_("admin").rows("/page?id=gte.90")) == 4


def test_a_constraint_tells_values_of_columns_that_can_be_read(wiki: Asker) -> None:
    sender = wiki.as_("sender")
    row = {"space_id": 1, "title": "new", "owner": "ann", "state": "draft", "words": 1, "secret": "s1"}
    hidden = sender.rest("POST", "/page", row)
    assert (hidden.status_code, hidden.json()["code"], hidden.json()["details"]) == (409, "23505", None)
    shown = sender.rest("POST", "/page", {**row, "secret": "s99", "title": "home"})
    assert shown.json()["details"] == "Key (title)=(home) already exists."
