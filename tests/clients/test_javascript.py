"""Client libraries of JavaScript, locked in ``js/``, each with a file of tests of its own for node's runner."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from clients.served import Served

FOLDER = Path(__file__).with_name("js")
LIMIT = 120
"""Seconds for one library; it takes two."""

pytestmark = pytest.mark.clients


def run(name: str, served: Served) -> None:
    """Run the tests of a library; all of them must have run and passed."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules").is_dir():
        pytest.fail("node 20 or later, and what npm installs, are needed: make clients")
    given = {"CLIENTS_GRAPHQL": served.graphql, "CLIENTS_REST": served.rest, "CLIENTS_TOKEN": served.token}
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", f"{name}.test.js"],
        cwd=FOLDER,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    told = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    passed, tests = (int(re.search(rf"^# {word} (\d+)$", done.stdout, re.MULTILINE)[1]) for word in ("pass", "tests"))  # type: ignore[index]
    assert passed == tests > 0, told


def test_every_library_is_run() -> None:
    """A file of tests that nobody calls would prove nothing."""
    called = re.findall(r'run\("([a-z-]+)", \w+\)', Path(__file__).read_text(encoding="utf-8"))
    assert sorted(called) == sorted(path.name.removesuffix(".test.js") for path in FOLDER.glob("*.test.js"))


def test_postgrest_js(served: Served) -> None:
    """R24-1, R12-8, R12-12, R12-13"""
    run("postgrest-js", served)


def test_supabase_js(served: Served) -> None:
    """R24-1, R1-1, R1-5, R6-9"""
    run("supabase-js", served)


def test_graphql_ws(served: Served) -> None:
    """G13.3-1"""
    run("graphql-ws", served)


def test_refine_on_supabase(served: Served) -> None:
    """R24-4"""
    run("refine-supabase", served)


def test_ra_data_postgrest(served: Served) -> None:
    """R24-3, R11-5"""
    run("ra-data-postgrest", served)


def test_ra_data_hasura(served: Served) -> None:
    """G9.5-1"""
    run("ra-data-hasura", served)


def test_refine_on_hasura(served: Served) -> None:
    """G9.5-1, G5.3-3, G5.3-5"""
    run("refine-hasura", served)


def test_urql(served: Served) -> None:
    """G3-2, G8-7"""
    run("urql", served)


def test_refine_under_graphql_default(camel: Served) -> None:
    """G1.2-1, G1.2-2, G1.2-3, G1.2-4, G1.2-6"""
    run("refine-hasura-camel", camel)
