"""The root document and its page (docs/dialects/rest.md, section 25)."""

import re
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.settings import Settings


@pytest.fixture(scope="module")
def document(rest: Rest) -> Any:
    return rest.rows("/")


def test_it_is_valid(document: Any) -> None:
    """R25-10"""
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_where_and_how_it_is_served(rest: Rest) -> None:
    """R12-15, R1-7, R25-9"""
    for answer in (rest.get("/"), rest.get(""), rest.at("GET", "/openapi.json")):
        assert answer.headers["content-type"] == "application/openapi+json; charset=utf-8"
        assert answer.json() == rest.rows("/")
    answer = rest.get("/", accept="application/json")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert rest.error("/", accept="text/csv") == (406, "PGRST107")
    kept = rest.get("/", if_none_match=answer.headers["etag"])
    assert (kept.status_code, kept.content) == (304, b"")
    head = rest("HEAD", "/")
    assert (head.status_code, head.content) == (200, b"")


def test_other_roles_see_no_tables(rest: Rest) -> None:
    """R25-9"""
    hidden = rest.rows("/", x_hasura_role="clerk")
    assert hidden["paths"] == {}
    assert "track" not in str(hidden)
    OpenAPIV31SpecValidator(hidden).validate()


def test_schemas_tell_what_may_be_written(document: Any) -> None:
    """R25-4, R25-5"""
    schemas = document["components"]["schemas"]
    assert schemas["AlbumInsert"]["required"] == ["title", "artist_id"]
    assert "required" not in schemas["AlbumUpdate"]
    assert schemas["Album"]["required"] == ["id", "title", "artist_id"]
    assert schemas["Album"]["properties"]["track_count"]["readOnly"]
    assert "track_count" not in schemas["AlbumInsert"]["properties"]
    assert schemas["Track"]["properties"]["composer"]["type"] == ["string", "null"]
    assert schemas["Album"]["x-relationships"]["tracks"] == {
        "target": "track",
        "cardinality": "one-to-many",
        "foreignKey": "track_album_id_fkey",
    }


def test_every_table_has_its_operations(rest: Rest, document: Any) -> None:
    """R25-7"""
    for _, name in rest.engine.catalog.tables:
        assert {"get", "head", "post", "patch", "put", "delete"} <= document["paths"][f"/{name}"].keys()
    identifiers = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(identifiers) == len(set(identifiers))


def test_functions_have_typed_arguments(rest: Rest, document: Any) -> None:
    """R25-7"""
    tracks, rename = document["paths"]["/rpc/tracks_of"], document["paths"]["/rpc/rename_artist"]
    assert tracks["post"]["operationId"] == "callTracksOf"
    assert tracks["get"]["parameters"][0]["name"] == "artist_id"
    assert tracks["get"]["parameters"][0]["required"]
    assert tracks["get"]["parameters"][0]["schema"] == {"type": "integer"}
    assert {"name", "select", "order", "Range"} <= {one["name"] for one in tracks["get"]["parameters"]}
    assert rename.keys() == {"post"}
    body = rename["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["artist_id", "name"]
    assert body["properties"] == {"artist_id": {"type": "integer"}, "name": {"type": "string"}}
    assert document["paths"]["/rpc/hand_over_customers"]["post"]["responses"].keys() >= {"204", "409"}
    served = {path.removeprefix("/rpc/") for path in document["paths"] if path.startswith("/rpc/")}
    assert served == {one.name for one in rest.engine.app.functions}


def test_answers_are_described(document: Any) -> None:
    """R25-6, R25-8"""
    parts = document["components"]
    assert parts["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    assert document["servers"] == [{"url": "/rest/v1"}]
    listed = document["paths"]["/album"]["get"]["responses"]
    assert {"200", "206", "400", "401", "403", "404", "406", "416"} <= listed.keys()
    assert {"Content-Range", "Preference-Applied"} <= listed["206"]["headers"].keys()
    single = "application/vnd.pgrst.object+json"
    assert {"application/json", single, "text/csv"} <= listed["200"]["content"].keys()
    assert "Location" in document["paths"]["/album"]["post"]["responses"]["201"]["headers"]
    for response in parts["responses"].values():
        [content] = response["content"].values()
        assert content["schema"] == {"$ref": "#/components/schemas/Error"}
        assert "example" in content or "examples" in content


def test_examples_are_answered(rest: Rest, document: Any) -> None:
    """R25-1, R25-2, R25-3, R25-10: Every example of a parameter of every GET, sent to the service."""
    sent = 0
    for path, item in document["paths"].items():
        asked = item.get("get", {"parameters": []})["parameters"]
        required = {
            one["name"]: one["examples"]["one"]["value"]
            for one in asked
            if one["in"] == "query" and one.get("required")
        }
        for parameter in asked:
            for example in parameter.get("examples", {}).values():
                value = example["value"][0] if isinstance(example["value"], list) else example["value"]
                answer = _send(rest, path, parameter, str(value), required)
                expected = (200, 206, 404) if parameter["in"] == "path" else (200, 206)
                assert answer in expected, (path, parameter["name"], value)
                pattern = parameter["schema"].get("items", parameter["schema"]).get("pattern")
                assert pattern is None or re.search(pattern, str(value))
                sent += 1
    assert sent > 100


def _send(rest: Rest, path: str, parameter: Any, value: str, required: dict[str, str]) -> int:
    others = "".join(f"{name}={quote(one)}&" for name, one in required.items() if name != parameter["name"])
    if parameter["in"] == "header":
        return rest("GET", f"{path}?{others}", headers={parameter["name"]: value}).status_code
    if parameter["in"] == "path":
        return rest.get(path.replace(f"{{{parameter['name']}}}", value)).status_code
    if "{" in path:
        path = re.sub(r"\{.*\}", "1,1" if "_" in path and "id_" in path else "1", path)
    return rest.get(f"{path}?{others}{quote(parameter['name'])}={quote(value)}").status_code


def test_it_is_the_same_each_time(rest: Rest, document: Any) -> None:
    """R25-9"""
    assert rest.get("/").text == rest.get("/").text
    assert list(document["components"]["schemas"]) == sorted(document["components"]["schemas"])


def test_the_page_loads_nothing_from_elsewhere(rest: Rest) -> None:
    page = rest.at("GET", "/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page.text)
    assert len(loaded) == 4
    for address in loaded:
        part = rest.at("GET", address)
        assert part.status_code == 200, address
        assert len(part.content) > 100
    assert not re.search(r"url\((?!['\"]?data:)", (files("gemel_rest") / "static" / "swagger-ui.css").read_text())


def test_the_document_can_be_switched_off(chinook_read: Settings, chinook_app: App) -> None:
    """R21-31, R25-9"""
    with serving(chinook_read.model_copy(update={"rest_document": False}), chinook_app) as rest:
        answer = rest("GET", "/")
        assert (problem(answer), answer.json()["message"]) == (
            (404, "PGRST126"),
            "Root endpoint metadata is disabled",
        )
        assert problem(rest.at("GET", "/openapi.json")) == (404, "PGRST126")
        assert problem(rest.at("GET", "/docs")) == (404, "PGRST125")
        assert rest("GET", "/genre?id=eq.1").status_code == 200
