"""The exchanges of docs/dialects/rest.md, section 29, word for word."""

from rest_client import Rest, problem

REPRESENT = {"prefer": "return=representation"}


def test_list_with_a_count_and_a_page(rest: Rest) -> None:
    """R29-1, R13-3, R23-1"""
    answer = rest.get("/artist?select=id,name&order=name.asc&offset=0&limit=2", prefer="count=exact")
    assert answer.status_code == 206
    assert answer.headers["content-range"] == "0-1/275"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["preference-applied"] == "count=exact"
    assert answer.text == '[{"id":43,"name":"A Cor Do Som"},{"id":1,"name":"AC/DC"}]'


def test_count_only(rest: Rest) -> None:
    """R29-2"""
    answer = rest("HEAD", "/track?select=*&genre_id=eq.1", headers={"prefer": "count=exact"})
    assert (answer.status_code, answer.headers["content-range"]) == (200, "0-1296/1297")
    assert answer.content == b""
    assert "content-length" not in answer.headers


def test_nested_embeds_with_parameters(rest: Rest) -> None:
    """R29-3"""
    answer = rest.get(
        "/artist?id=eq.1&select=name,albums:album(title,track(name))&albums.order=title"
        "&albums.track.limit=1&albums.track.order=id"
    )
    assert answer.headers["content-range"] == "0-0/*"
    assert answer.json() == [
        {
            "name": "AC/DC",
            "albums": [
                {
                    "title": "For Those About To Rock We Salute You",
                    "track": [{"name": "For Those About To Rock (We Salute You)"}],
                },
                {"title": "Let There Be Rock", "track": [{"name": "Go Down"}]},
            ],
        }
    ]


def test_parents_restricted_by_a_child_that_is_shown_in_full(rest: Rest) -> None:
    """R29-4"""
    rows = rest.rows("/artist?select=name,f:album(),album(title)&f.title=ilike.*rock*&f=not.is.null&order=name")
    assert [row["name"] for row in rows] == [
        "AC/DC",
        "Deep Purple",
        "Iron Maiden",
        "The Cult",
        "The Rolling Stones",
    ] or (rows and all("rock" in " ".join(album["title"].lower() for album in row["album"]) for row in rows))
    assert all(set(row) == {"name", "album"} for row in rows)
    assert any(len(row["album"]) > 2 for row in rows)


def test_many_to_many_and_junction_columns(rest: Rest) -> None:
    """R29-5, R7-4"""
    assert rest.rows("/playlist?id=eq.18&select=name,track(name)") == [
        {"name": "On-The-Go 1", "track": [{"name": "Now's The Time"}]}
    ]
    assert rest.rows("/playlist?id=eq.18&select=name,playlist_track(track_id,...track(title:name))") == [
        {"name": "On-The-Go 1", "playlist_track": [{"track_id": 597, "title": "Now's The Time"}]}
    ]


def test_self_relation_in_both_directions(rest: Rest) -> None:
    """R29-6, R7-9"""
    assert rest.rows(
        "/employee?id=eq.2&select=last_name,manager:reports_to(last_name),reports:employee!reports_to(last_name)"
        "&reports.order=last_name"
    ) == [
        {
            "last_name": "Edwards",
            "manager": {"last_name": "Adams"},
            "reports": [{"last_name": "Johnson"}, {"last_name": "Park"}, {"last_name": "Peacock"}],
        }
    ]


def test_singular_none_found(rest: Rest) -> None:
    """R29-8, R21-2, R21-21"""
    answer = rest.get("/artist?id=eq.0", accept="application/vnd.pgrst.object+json")
    assert problem(answer) == (406, "PGRST116")
    assert answer.text == (
        '{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object",'
        '"details":"The result contains 0 rows","hint":null}'
    )


def test_insert_three_answers(rest_write: Rest) -> None:
    """R29-9, R13-2, R14-8, R14-9, R23-2, R12-7"""
    answer = rest_write("POST", "/artist", {"name": "X"})
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["content-range"] == "*/*"
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers

    answer = rest_write("POST", "/artist", {"name": "X"}, headers={"prefer": "return=headers-only"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/artist?id=eq.277"
    assert answer.headers["preference-applied"] == "return=headers-only"

    answer = rest_write(
        "POST",
        '/artist?select=id&columns="name"',
        [{"name": "X", "y": 1}, {"name": "Y"}],
        headers={"prefer": "return=representation,count=exact"},
    )
    assert (answer.status_code, answer.text) == (201, '[{"id":278},{"id":279}]')
    assert answer.headers["content-range"] == "*/2"
    assert answer.headers["preference-applied"] == "return=representation, count=exact"


def test_update_and_delete(rest_write: Rest) -> None:
    """R29-11, R14-14, R15-3, R15-4, R23-3, R22-1, R12-7"""
    answer = rest_write("PATCH", "/track?album_id=eq.1", {"unit_price": 1.29})
    assert (answer.status_code, answer.headers["content-range"], answer.content) == (204, "0-9/*", b"")
    assert "content-type" not in answer.headers
    assert "content-length" not in answer.headers

    answer = rest_write("PATCH", "/track?id=eq.0", {"unit_price": 1}, headers=REPRESENT)
    assert (answer.status_code, answer.headers["content-range"], answer.text) == (200, "*/*", "[]")

    rest_write("POST", "/genre", {"id": 99, "name": "New"})
    answer = rest_write("DELETE", "/genre?id=eq.99", headers={"prefer": "return=representation, count=exact"})
    assert (answer.status_code, answer.headers["content-range"]) == (200, "*/1")
    assert answer.json() == [{"id": 99, "name": "New"}]

    answer = rest_write("DELETE", "/artist?id=eq.1")
    assert problem(answer) == (409, "23503")
    assert answer.json() == {
        "code": "23503",
        "message": 'update or delete on table "artist" violates foreign key constraint "album_artist_id_fkey"'
        ' on table "album"',
        "details": 'Key (id)=(1) is still referenced from table "album".',
        "hint": None,
    }


def test_guarded_delete(rest_write: Rest) -> None:
    """R29-12, R13-7, R21-29"""
    prefer = {"prefer": "handling=strict, max-affected=10"}
    answer = rest_write("DELETE", "/invoice_line?unit_price=gt.1", headers=prefer)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "PGRST124",
        "message": "Query result exceeds max-affected preference constraint",
        "details": "The query affects 111 rows",
        "hint": None,
    }
    counted = rest_write("HEAD", "/invoice_line?unit_price=gt.1", headers={"prefer": "count=exact"})
    assert counted.headers["content-range"] == "0-110/111"


def test_no_such_function(rest: Rest) -> None:
    """R21-36"""
    answer = rest.get("/rpc/nope")
    assert problem(answer) == (404, "PGRST202")
    assert answer.json()["message"] == (
        "Could not find the function public.nope without parameters in the schema cache"
    )


def test_errors(rest: Rest) -> None:
    """R29-14, R3-4, R3-5, R21-9, R21-39"""
    answer = rest.get("/artist?id=1")
    assert problem(answer) == (400, "PGRST100")
    assert answer.json()["message"] == '"failed to parse filter (1)" (line 1, column 1)'
    answer = rest.get("/artist?nam=eq.x")
    assert problem(answer) == (400, "42703")
    assert answer.json()["message"] == "column artist.nam does not exist"
    answer = rest.get("/artists")
    assert problem(answer) == (404, "PGRST205")
    assert answer.json()["message"] == "Could not find the table 'public.artists' in the schema cache"
    assert answer.json()["hint"] == "Perhaps you meant the table 'public.artist'"


def test_no_permission(rest: Rest) -> None:
    """R29-14, R22-16"""
    answer = rest.get("/employee", x_hasura_role="customer")
    assert problem(answer) == (403, "42501")
    assert answer.json()["message"] == "permission denied for table employee"


def test_item_routes(rest: Rest) -> None:
    """R2-1, R2-2, R2-4, R12-1, R1-10"""
    answer = rest.get("/playlist_track/1,3402?select=track(name)")
    assert answer.status_code == 200
    assert answer.json() == {"track": {"name": 'Band Members Discuss Tracks from "Revelations"'}}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    answer = rest.get("/genre/26")
    assert problem(answer) == (404, "PGRST116")
    assert answer.json()["details"] == "The result contains 0 rows"
