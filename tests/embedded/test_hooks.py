"""An app with ``hooks.py``, from its models to what ``@committed`` did, as its author goes about it."""

import signal
import time
from pathlib import Path

import httpx

from processes import ROOT, free_port, program, wait_until_ready


def test_from_models_to_receipts(tmp_path: Path) -> None:
    own = {"GEMEL_APP": "till", "GEMEL_PORT": str(free_port()), "PYTHONPATH": str(tmp_path)}
    source = ROOT / "tests" / "till"
    (tmp_path / "till").mkdir()
    for file in source.glob("*.py"):
        (tmp_path / "till" / file.name).write_text(file.read_text())
    with program([str(ROOT / "scripts.py"), "migrate", "new", "start"], tmp_path, **own) as made:
        assert made.end() == 0, made.err
    with program([str(ROOT / "main.py")], tmp_path, **own) as running:
        address = running.wait_for(r"GraphQL +(http://.*)/graphql")[1]
        wait_until_ready(address)
        for number in range(3):
            assert httpx.post(f"{address}/rest/v1/sale", json={"what": f" {number} "}).status_code == 201
        asked = f"{address}/rest/v1/receipt?select=sale_id,text&order=id"
        until = time.monotonic() + 20
        while len(httpx.get(asked).json()) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        assert httpx.get(asked).json() == [{"sale_id": n + 1, "text": f"sold: {n}"} for n in range(3)]
        assert running.stop(signal.SIGINT) == 0
        assert "Traceback" not in running.err
    with program([str(ROOT / "scripts.py"), "outbox", "list"], tmp_path, **own) as listed:
        assert (listed.end(), listed.out) == (0, "every event was told\n")
