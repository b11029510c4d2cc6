"""``make bench``: measure, and write the table of ``docs/performance.md``."""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.contenders import Contender, Database, contenders
from bench.workloads import WORKLOADS, Workload
from databases import empty_database, postgresql_settings
from gemel.app import load_app
from gemel_cli.seed import seed
from gemel_migrator import migrate
from postgresql_server import postgresql_server

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- make bench -->", "<!-- end -->"
CONNECTIONS, MANY = 16, 64
WARM_UP = 0.5
DECIMALS = frozenset({"unit_price", "total"})


@dataclass
class Figures:
    """Requests a second of each round, and p50 and p99 in seconds at many connections."""

    rates: list[float] = field(default_factory=list)
    tail: tuple[float, float] | None = None

    @property
    def rate(self) -> float:
        """Median of the rounds."""
        return statistics.median(self.rates)


def main() -> int:
    """Exit status 0, or 1 if the contenders do not give the same rows or one answers with errors."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each contender and workload, interleaved")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="at a time")
    parser.add_argument("--many", type=int, default=MANY, help="connections at a time, where the tail is looked at")
    parser.add_argument("--only", default="", help="names of workloads, separated by commas")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)))  # the servers have the first core for themselves
    chosen = [item for item in WORKLOADS if not options.only or item.name in options.only.split(",")]
    with (
        tempfile.TemporaryDirectory(prefix="gemel-bench-") as name,
        postgresql_server() as server,
        empty_database(server) as address,
    ):
        settings, app = postgresql_settings(address, Path(name)), load_app("chinook")
        migrate(settings, app)
        seed(settings, app)
        with contenders(address, Path(name)) as made:
            wrong = [text for item in chosen for text in _differences(item, made)]
            if wrong:
                sys.stderr.writelines(f"{text}\n" for text in wrong)
                return 1
            found = asyncio.run(_measure(chosen, [*made, Database(address)], options))
    text = _report(chosen, found, options)
    sys.stdout.write(text)
    if options.write:
        _write(text)
    return 0


def _differences(workload: Workload, made: Sequence[Contender]) -> list[str]:
    """Who does not answer as the first does."""
    first, *others = (item for item in made if item.can(workload))
    wanted = _plain(first.rows(workload, 3))
    return [
        f"{workload.name}: {other.name} does not give the rows of {first.name}"
        for other in others
        if _plain(other.rows(workload, 3)) != wanted
    ]


def _plain(value: Any) -> Any:
    """Without the order of keys, and decimals as numbers: Pydantic writes them as texts."""
    if isinstance(value, dict):
        return {key: float(item) if key in DECIMALS else _plain(item) for key, item in sorted(value.items())}
    return [_plain(item) for item in value] if isinstance(value, list) else value


async def _measure(
    chosen: Sequence[Workload], made: Sequence[Contender | Database], options: argparse.Namespace
) -> dict[tuple[str, str], Figures]:
    everyone, seconds = made, options.seconds
    found = {(workload.name, item.name): Figures() for workload in chosen for item in everyone if item.can(workload)}
    for workload in chosen:
        made = [item for item in everyone if item.can(workload)]
        for item in made:
            await item.run(workload, options.connections, min(WARM_UP, seconds))
        for _ in range(options.rounds):
            for item in made:
                load = await item.run(workload, options.connections, seconds)
                if load.errors:
                    raise SystemExit(f"{workload.name}: {item.name} gave {load.errors} errors")
                found[workload.name, item.name].rates.append(load.per_second)
        for item in made:
            load = await item.run(workload, options.many, seconds)
            found[workload.name, item.name].tail = (load.percentile(0.5), load.percentile(0.99))
    return found


def _report(chosen: Sequence[Workload], found: dict[tuple[str, str], Figures], options: argparse.Namespace) -> str:
    names = list(dict.fromkeys(name for _, name in found))
    lines = [_origin(options.connections), ""]
    lines += ["Requests a second, as multiples of what is written by hand:", ""]
    lines += [f"| | {' | '.join(item.name for item in chosen)} |", f"|---|{'---|' * len(chosen)}"]
    for name in names:
        cells = (_ratio(found.get((item.name, name)), found[item.name, "by hand"]) for item in chosen)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"p99 at {options.many} connections, as multiples of its own p50:", ""]
    lines += [f"| | {' | '.join(item.name for item in chosen)} |", f"|---|{'---|' * len(chosen)}"]
    for name in names:
        lines.append(f"| {name} | {' | '.join(_tail(found.get((item.name, name))) for item in chosen)} |")
    lines += ["", f"By hand, requests a second: {_rates(chosen, found)}.", ""]
    return "\n".join(lines)


def _ratio(figures: Figures | None, by_hand: Figures) -> str:
    return "–" if figures is None else f"{figures.rate / by_hand.rate:.2f}"


def _tail(figures: Figures | None) -> str:
    if figures is None or figures.tail is None:
        return "–"
    p50, p99 = figures.tail
    return f"{p99 / p50:.1f}"


def _rates(chosen: Sequence[Workload], found: dict[tuple[str, str], Figures]) -> str:
    return ", ".join(f"{item.name} {found[item.name, 'by hand'].rate:.0f}" for item in chosen)


def _origin(connections: int) -> str:
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return (
        f"Commit {git.stdout.strip() or 'unknown'}, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores, {connections} connections."
    )


def _write(text: str) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
