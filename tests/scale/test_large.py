"""An app of very many tables is started, asked and described like a small one (docs/decisions.md, 1 and 35)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from graphql import get_introspection_query
from large import TABLES, write_app

from figures import write_figures
from gemel.app import load_app
from gemel.catalog import read_catalog
from gemel.settings import Settings
from gemel_graphql.app import merged
from gemel_graphql.parse.document import read_document
from gemel_graphql.parse.operation import choose
from gemel_graphql.parse.request import parse_operation
from gemel_graphql.schema.build import generate
from gemel_graphql.schema.names import CONVENTIONS
from processes import FOLDERS, PATIENCE, ROOT, Program, free_port, program, wait_until_ready

MAIN = str(ROOT / "main.py")
READ_CATALOG = """\
import time
from gemel.app import load_app
from gemel.catalog import read_catalog
app = load_app("large")
start = time.perf_counter()
tables = len(read_catalog(app.mappers).tables)
print(tables, time.perf_counter() - start)
"""
SMALL = {"query": '{ t0100(where: {before: {name: {_eq: "x"}}}) { id after { id } } }'}


@dataclass(frozen=True)
class Served:
    """A program that serves the app."""

    address: str
    running: Program
    seconds: float
    """From its start until it was ready."""

    @property
    def megabytes(self) -> float:
        """Memory that it holds now."""
        status = Path(f"/proc/{self.running.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def serving(settings: Settings, app: Path, *arguments: str) -> Iterator[Served]:
    port = free_port()
    environ = {
        "GEMEL_APP": "large",
        "GEMEL_DATABASE_URI": settings.database_uri.get_secret_value(),
        "GEMEL_DATA_DIR": str(settings.data_dir),
        "GEMEL_PORT": str(port),
        "GEMEL_ADMIN_PORT": "0",
        "PYTHONPATH": f"{FOLDERS}:{app}",
    }
    start = time.perf_counter()
    with program(arguments, settings.data_dir, **environ) as running:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address)
        yield Served(address, running, time.perf_counter() - start)
        assert "Traceback" not in running.err


@dataclass(frozen=True)
class Described:
    """A description of the whole schema, and what went on meanwhile."""

    answer: httpx.Response
    seconds: float
    meanwhile: int
    """Other requests that were answered before it was."""
    slowest: float
    """Seconds that the slowest of them took."""


def describe(ask: Callable[[], httpx.Response], other: Callable[[], None]) -> Described:
    """Ask for a description, and other things until it is there."""
    found: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    start = time.perf_counter()
    thread.start()
    meanwhile, slowest = 0, 0.0
    while thread.is_alive() and time.perf_counter() - start < PATIENCE:
        began = time.perf_counter()
        other()
        if thread.is_alive():
            meanwhile, slowest = meanwhile + 1, max(slowest, time.perf_counter() - began)
    thread.join(PATIENCE)
    return Described(found[0], time.perf_counter() - start, meanwhile, slowest)


def describe_graphql(served: Served, client: httpx.Client) -> Described:
    def other() -> None:
        assert client.post(f"{served.address}/graphql", json=SMALL).json() == {"data": {"t0100": []}}

    other()
    query = {"query": get_introspection_query()}
    found = describe(lambda: httpx.post(f"{served.address}/graphql", json=query, timeout=PATIENCE), other)
    names = {item["name"] for item in found.answer.json()["data"]["__schema"]["types"]}
    assert {f"t{number:04}_bool_exp" for number in range(TABLES)} <= names
    return found


def describe_rest(served: Served, client: httpx.Client) -> Described:
    def other() -> None:
        assert client.get(f"{served.address}/rest/v1/t0100?select=id,before(id)").json() == []

    other()
    found = describe(lambda: httpx.get(f"{served.address}/openapi.json", timeout=PATIENCE), other)
    assert {f"/t{number:04}" for number in range(TABLES)} <= set(found.answer.json()["paths"])
    return found


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=PATIENCE) as client:
        yield client


@pytest.mark.parametrize("large", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_an_unknown_one_of_many_tables_is_refused(large: Settings, large_app: Path, client: httpx.Client) -> None:
    """And others are answered while both schemas are described (G10.5, R25)."""
    with serving(large, large_app, MAIN) as served:
        answer = client.post(f"{served.address}/graphql", json={"query": f"{{ t{TABLES:04} {{ id }} }}"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "validation-failed"
        assert client.get(f"{served.address}/rest/v1/t{TABLES:04}").status_code == 404
        assert describe_graphql(served, client).meanwhile >= 3
        assert describe_rest(served, client).meanwhile >= 1


def filled(folder: Path, tables: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many types a request for one of the tables has filled."""
    name = f"ring_of_{tables}"
    write_app(folder, name, tables)
    monkeypatch.syspath_prepend(folder)
    generated = generate(read_catalog(load_app(name).mappers), CONVENTIONS["hasura-default"])
    schema = merged(generated, None)
    operation = choose(read_document('{ t0005(where: {before: {name: {_eq: "x"}}}) { id after { id } } }'), None)
    assert parse_operation(schema, operation, {}).query is not None
    made = generated.types.named
    assert len(made) > tables
    return sum("fields" in vars(item) for item in made)


def test_a_request_fills_the_types_of_its_own_tables_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the tables, and not one type more (docs/decisions.md, 1)."""
    few, many = (filled(tmp_path, tables, monkeypatch) for tables in (20, 200))
    assert 0 < few == many


@pytest.mark.soak
def test_figures(large: Settings, large_app: Path, client: httpx.Client) -> None:
    """Seconds and megabytes of all three programs (docs/soak/README.md)."""
    figures: dict[str, int | float | str] = {"tables": TABLES}
    with program(["-c", READ_CATALOG], large.data_dir, PYTHONPATH=f"{FOLDERS}:{large_app}") as running:
        assert running.end() == 0
        tables, seconds = running.out.split()
        assert int(tables) == TABLES
        figures["catalog seconds"] = round(float(seconds), 2)
    for name, arguments, asked in (
        ("embedded", (MAIN,), (describe_graphql, describe_rest)),  # the only one that migrates
        ("graphql", ("-m", "gemel_graphql"), (describe_graphql,)),
        ("rest", ("-m", "gemel_rest"), (describe_rest,)),
    ):
        with serving(large, large_app, *arguments) as served:
            figures[f"{name} start seconds"] = round(served.seconds, 1)
            figures[f"{name} megabytes"] = round(served.megabytes)
            for describing in asked:
                found = describing(served, client)
                what = f"{name}, {describing.__name__.replace('_', ' ')}:"
                figures[f"{what} seconds"] = round(found.seconds, 1)
                figures[f"{what} bytes"] = len(found.answer.content)
                figures[f"{what} answered meanwhile"] = found.meanwhile
                figures[f"{what} slowest meanwhile seconds"] = round(found.slowest, 2)
            figures[f"{name} megabytes after description"] = round(served.megabytes)
    write_figures(f"large-schema-{'postgresql' if large.is_postgresql else 'sqlite'}", figures)
