"""Conditional requests: no update is lost (docs/dialects/rest.md, section 32)."""

import asyncio

import pytest
from httpx import Response
from rest_client import ADDRESS, Rest, problem

REPRESENT = {"prefer": "return=representation"}


def tag(answer: Response) -> str:
    return str(answer.headers["etag"])


def test_one_that_has_changed_is_not_changed_again(rest_write: Rest) -> None:
    """R32-1, R32-3"""
    first = tag(rest_write("GET", "/genre/1"))
    assert rest_write("PATCH", "/genre/1", {"name": "Stone"}, headers={"if-match": first}).status_code == 204
    for verb, body in (("PATCH", {"name": "x"}), ("PUT", {"name": "x"}), ("DELETE", None)):
        answer = rest_write(verb, "/genre/1", body, headers={"if-match": first})
        assert problem(answer) == (412, "PT412")
        assert answer.json()["details"] == "the row is not as it was expected"
    assert rest_write.rows("/genre?id=eq.1") == [{"id": 1, "name": "Stone"}]
    now = tag(rest_write("GET", "/genre/1"))
    assert now != first
    assert rest_write("PUT", "/genre/1", {"name": "Rock"}, headers={"if-match": f'"x", {now}'}).status_code == 204
    assert tag(rest_write("GET", "/genre/1")) == first  # it is as it was
    assert rest_write("PATCH", "/genre/1", {}, headers={"if-match": "*"}).status_code == 204


def test_tags_by_what_is_asked(rest: Rest) -> None:
    """R32-1, R32-2: a tag is of the representation; what it says of the row does not depend on it."""
    answers = [
        rest("GET", path, headers=headers)
        for path, headers in (
            ("/track/1", {}),
            ("/track/1?select=id", {}),
            ("/track/1?select=id,album(title)", {}),
            ("/track/1", {"accept": "text/csv"}),
            ("/track/1", {"accept": "application/vnd.pgrst.object+json;nulls=stripped", "prefer": "count=exact"}),
        )
    ]
    assert len({tag(answer) for answer in answers}) == 4 + (answers[0].text != answers[4].text)
    assert len({tag(answer).partition(".")[0] for answer in answers}) == 1
    assert answers[4].headers["content-range"] == "0-0/1"
    assert tag(rest("HEAD", "/track/1")) == tag(answers[0])
    assert "etag" not in rest("GET", "/track?id=eq.1").headers
    assert "etag" not in rest("GET", "/track/0").headers
    assert problem(rest("GET", "/track/0?select=id")) == (404, "PGRST116")


def test_what_the_client_has_is_not_sent(rest: Rest) -> None:
    """R32-2"""
    known = tag(rest("GET", "/genre/1"))
    for given in (known, f"W/{known}", f'"x",, {known}', "*"):
        answer = rest("GET", "/genre/1", headers={"if-none-match": given})
        assert (answer.status_code, answer.content, tag(answer)) == (304, b"", known)
        assert "content-type" not in answer.headers
    other = tag(rest("GET", "/genre/1?select=id"))
    for given in (other, '"x"', ""):
        assert rest("GET", "/genre/1", headers={"if-none-match": given}).status_code == 200
    assert problem(rest("GET", "/genre/1", headers={"if-none-match": "x"})) == (400, "PGRST100")
    assert problem(rest("GET", "/genre/0", headers={"if-none-match": "*"})) == (404, "PGRST116")


@pytest.mark.parametrize(
    ("verb", "path", "headers", "error"),
    [
        ("PATCH", "/genre/1", {"if-match": '"x"'}, (412, "PT412")),
        ("PATCH", "/genre/1", {"if-match": ""}, (412, "PT412")),
        ("PATCH", "/genre/0", {"if-match": "*"}, (412, "PT412")),
        ("DELETE", "/genre/0", {"if-match": '"x"'}, (412, "PT412")),
        ("PATCH", "/genre/1", {"if-match": "x"}, (400, "PGRST100")),
        ("PATCH", "/genre/1", {"if-match": '"x" "y"'}, (400, "PGRST100")),
        ("PATCH", "/genre?id=eq.1", {"if-match": "*"}, (400, "PGRST127")),
        ("POST", "/genre", {"if-match": "*"}, (400, "PGRST127")),
        ("POST", "/genre", {"if-none-match": "*"}, (400, "PGRST127")),
        ("PATCH", "/genre/1", {"if-none-match": "*"}, (400, "PGRST127")),
        ("PUT", "/genre/1", {"if-none-match": '"x"'}, (400, "PGRST127")),
        ("PUT", "/genre/1", {"if-none-match": "*"}, (412, "PT412")),
        ("PUT", "/genre/99", {"if-match": "*"}, (412, "PT412")),
    ],
)
def test_refused(rest_write: Rest, verb: str, path: str, headers: dict[str, str], error: tuple[int, str]) -> None:
    """R32-3, R32-4"""
    body = None if verb == "DELETE" else {"name": "x"}
    assert problem(rest_write(verb, path, body, headers=headers)) == error
    assert rest_write.rows("/genre?or=(id.eq.1,id.gt.25)") == [{"id": 1, "name": "Rock"}]


def test_a_weak_tag_is_no_promise(rest_write: Rest) -> None:
    """R32-3 (RFC 9110 section 13.1.1)"""
    known = tag(rest_write("GET", "/genre/1"))
    assert problem(rest_write("PATCH", "/genre/1", {"name": "x"}, headers={"if-match": f"W/{known}"})) == (412, "PT412")


def test_only_what_is_new(rest_write: Rest) -> None:
    """R32-4"""
    made = rest_write("PUT", "/genre/99", {"name": "x"}, headers={"if-none-match": "*"} | REPRESENT)
    assert (made.status_code, made.json()) == (201, {"id": 99, "name": "x"})
    assert tag(made) == tag(rest_write("GET", "/genre/99"))


def test_a_changed_item_tells_its_tag(rest_write: Rest) -> None:
    """R32-5"""
    changed = rest_write("PATCH", "/track/1?select=name,genre(name)", {"name": "x"}, headers=REPRESENT)
    assert tag(changed) == tag(rest_write("GET", "/track/1?select=name,genre(name)"))
    again = rest_write("PATCH", "/track/1", {"name": "y"}, headers={"if-match": tag(changed)} | REPRESENT)
    assert (again.status_code, again.json()["name"]) == (200, "y")
    assert "etag" not in rest_write("DELETE", "/playlist_track/1,3402", headers=REPRESENT).headers


def test_of_many_only_one_changes_it(rest_write: Rest) -> None:
    """R32-3: the row is locked from the comparison on."""
    headers = {"if-match": tag(rest_write("GET", "/genre/1")), "content-type": "application/json"}

    async def change(number: int) -> int:
        body = b'{"name":"n%d"}' % number
        answer = await rest_write.client.patch(f"{ADDRESS}/rest/v1/genre/1", headers=headers, content=body)
        return answer.status_code

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*map(change, range(24)))

    assert sorted(rest_write.runner.run(all_at_once())) == [204, *[412] * 23]
