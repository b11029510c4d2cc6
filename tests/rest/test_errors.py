"""Errors in the words of the dialect (docs/dialects/rest.md, sections 20 to 22)."""

import json

import pytest

from gemel.errors import AccessError, AmbiguousRelation, DatabaseError, GemelError, Mismatch, Unsupported
from gemel_rest.app import crash
from gemel_rest.respond.errors import error_response, status_of


@pytest.mark.parametrize(
    ("sqlstate", "status"),
    [
        ("08001", 503), ("09000", 500), ("0L000", 403), ("0P000", 403), ("21000", 500), ("22023", 400), ("22P02", 400),
        ("23502", 400), ("23503", 409), ("23505", 409), ("23514", 400), ("25006", 405), ("25P02", 500), ("2D000", 500),
        ("28000", 403), ("38000", 500), ("39000", 500), ("3B000", 500), ("40001", 500), ("42501", 403), ("42883", 404),
        ("42P01", 404), ("42P17", 500), ("42P10", 400), ("53100", 503), ("53400", 500), ("54000", 400), ("55000", 500),
        ("55P03", 503), ("57014", 504), ("57P01", 503), ("58000", 500), ("F0000", 500), ("HV000", 500), ("P0001", 400),
        ("P0002", 500), ("XX000", 500), ("PT418", 418), ("PTabc", 500), ("99999", 400),
    ],
)  # fmt: skip
def test_status_of_a_sqlstate(sqlstate: str, status: int) -> None:
    """R22-2, R22-3, R22-4, R22-7, R22-8, R22-9, R22-10, R22-11, R22-13, R22-14, R22-15, R22-17, R22-18, R22-19,
    R22-27, R22-28, R22-20, R22-21, R22-22, R22-23"""
    assert status_of(sqlstate) == status


def test_a_missing_condition() -> None:
    """R22-5"""
    assert status_of("21000", "UPDATE requires a WHERE clause") == 400


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DatabaseError("08001", "no"), 503, "PGRST000"),
        (DatabaseError("08006", "no"), 503, "PGRST001"),
        (DatabaseError("53300", "no"), 504, "PGRST003"),
        (DatabaseError("57P01", "gone"), 503, "57P01"),
        (Unsupported("ranges"), 400, "PGRST127"),
        (Mismatch("cast", 'type "x" does not exist'), 400, "42704"),
        (Mismatch("aggregate-type", "function sum(text) does not exist"), 404, "42883"),
        (Mismatch("something new", "text"), 400, "PGRST127"),
        (AccessError("token-missing", ""), 401, "PGRST302"),
        (AccessError("role-not-allowed", "no"), 401, "22023"),
        (AccessError("something new", "no"), 401, "PGRST301"),
    ],
)
def test_codes(error: GemelError, status: int, code: str) -> None:
    """R21-1, R21-8, R21-32, R22-24, R22-6"""
    response = error_response(error)
    body = json.loads(response.body or b"")
    headers = dict(response.headers)
    assert (response.status, body["code"]) == (status, code)
    assert list(body) == ["code", "message", "details", "hint"]
    assert headers[b"proxy-status"] == f"Gemel; error={code}".encode()
    assert (b"retry-after" in headers) == (status == 503)
    assert (b"www-authenticate" in headers) == (status == 401)


def test_ambiguous_relations() -> None:
    """R7-8, R21-35"""
    candidates = [
        {
            "cardinality": "many-to-one",
            "embedding": "a with b",
            "relationship": f"{name} using a({name}_id) and b(id)",
            "name": f"b!{name}",
        }
        for name in ("fk1", "fk2")
    ]
    response = error_response(AmbiguousRelation("a", "b", candidates))
    body = json.loads(response.body or b"")
    assert response.status == 300
    assert body == {
        "code": "PGRST201",
        "message": "Could not embed because more than one relationship was found for 'a' and 'b'",
        "details": [{key: one[key] for key in ("cardinality", "embedding", "relationship")} for one in candidates],
        "hint": "Try changing 'b' to one of the following: 'b!fk1', 'b!fk2'."
        " Find the desired relationship in the 'details' key.",
    }


def test_what_cannot_be_said_in_a_header_does_no_harm() -> None:
    response = error_response(AccessError("token-invalid", 'a "b"\r\nx: 音'))
    value = dict(response.headers)[b"www-authenticate"]
    assert b"\r" not in value
    assert b"\n" not in value
    assert rb"a \"b\"" in value


def test_a_bug_shows_nothing_but_the_trace_id() -> None:
    """R21-4, R21-41"""
    status, headers, body = crash("abc")
    assert status == 500
    assert json.loads(body) == {
        "code": "PGRSTX00",
        "message": "Internal server error",
        "details": "The trace id of the request is abc.",
        "hint": None,
    }
    assert (b"content-type", b"application/json; charset=utf-8") in headers
