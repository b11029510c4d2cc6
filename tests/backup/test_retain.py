"""Which backups stay."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backup.helpers import UNSIGNED, query
from backup.test_backup_command import run
from gemel.errors import SettingsError
from gemel.settings import Settings
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import entries, latest_proven, open_index
from gemel_backup.keep.notes import DELETION, mark_deleted, pin
from gemel_backup.keep.prune import prune
from gemel_backup.keep.retain import GRACE, PERIODS, Candidate, Plan, Rules, parse_rules, plan
from gemel_backup.prove.prove import prove
from gemel_backup.restore import Options, restore
from gemel_backup.store import FolderStore
from gemel_backup.take import take

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NAMES = ("last", *PERIODS)

moments = st.datetimes(datetime(2020, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 - it is given below
rules_ = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5)).map(Rules)


@st.composite
def candidates(draw: st.DrawFn, moments: st.SearchStrategy[datetime] = moments) -> list[Candidate]:
    """Backups that were begun, and some of them marked, at these moments."""
    times = draw(st.lists(moments, max_size=30))
    return [
        Candidate(
            new_id(at),
            at,
            proven=draw(st.booleans()),
            readable=draw(st.integers(0, 9)) > 0,
            pinned=draw(st.integers(0, 9)) == 0,
            marked_at=draw(st.none() | moments),
        )
        for at in times
    ]


def gone(done: Plan) -> set[str]:
    return {*done.mark, *done.purge}


def newest_proven(found: Sequence[Candidate]) -> Candidate | None:
    proven = [item for item in found if item.proven and item.readable]
    return max(proven, key=lambda item: (item.at, item.id), default=None)


@given(candidates(), rules_, moments, st.integers(1, 20))
def test_what_is_never_deleted(found: list[Candidate], rules: Rules, now: datetime, most: int) -> None:
    done = plan(found, rules, now, most)
    newest = newest_proven(found)
    assert newest is None or newest.id not in gone(done)
    assert not gone(done) & {item.id for item in found if item.pinned or not item.readable}
    if newest is None:
        assert not gone(done), "where none is proven, all stay"
    assert max(len(done.mark), len(done.purge)) <= most


@given(candidates(), rules_, moments)
def test_two_steps(found: list[Candidate], rules: Rules, now: datetime) -> None:
    done = plan(found, rules, now, 1000)
    by_id = {item.id: item for item in found}
    for each in done.purge:
        marked = by_id[each].marked_at
        assert marked is not None
        assert marked + GRACE <= now
    assert all(by_id[each].marked_at is None for each in done.mark)
    assert all(by_id[each].marked_at is not None for each in done.unmark)
    assert not gone(done) & set(done.keep)
    assert set(done.unmark) <= set(done.keep)


@given(candidates(), rules_, moments, st.booleans())
def test_unproven_ones_push_out_nothing(found: list[Candidate], rules: Rules, now: datetime, readable: bool) -> None:
    """What is kept of the proven ones depends on proven ones alone."""
    others = [replace(item, proven=False, readable=readable, id=new_id(item.at)) for item in found]
    alone = plan([item for item in found if item.proven and item.readable], rules, now, 1000)
    together = plan([*found, *others], rules, now, 1000)
    assert set(alone.keep) <= set(together.keep)
    assert not set(alone.mark) & set(together.keep)


@given(candidates(), rules_, moments)
def test_what_is_done_is_not_done_again(found: list[Candidate], rules: Rules, now: datetime) -> None:
    done = plan(found, rules, now, 1000)
    after = [
        replace(item, marked_at=now if item.id in done.mark else None if item.id in done.unmark else item.marked_at)
        for item in found
        if item.id not in done.purge
    ]
    again = plan(after, rules, now, 1000)
    assert (again.mark, again.unmark, again.purge) == ((), (), ())
    assert set(again.keep) == set(done.keep)


@given(candidates(), rules_, st.sampled_from(NAMES), moments)
def test_a_larger_number_keeps_no_less(found: list[Candidate], rules: Rules, name: str, now: datetime) -> None:
    if not rules.counts:
        return
    more = Rules({**rules.counts, name: rules.counts.get(name, 0) + 1})
    assert set(plan(found, rules, now).keep) <= set(plan(found, more, now).keep)


@given(st.lists(moments, min_size=1, max_size=60), st.sampled_from(sorted(PERIODS)), st.integers(1, 5))
@example([datetime(2020, 12, 31, 3, tzinfo=UTC), datetime(2021, 1, 1, 3, tzinfo=UTC)], "weekly", 1)
def test_one_of_each_period_is_kept(times: list[datetime], name: str, count: int) -> None:
    found = [Candidate(f"{number:03}", at, proven=True) for number, at in enumerate(sorted(times))]
    kept = plan(found, Rules({name: count}), NOW).keep
    periods = [PERIODS[name](item.at) for item in found if item.id in kept]
    assert len(set(periods)) == len(periods) == min(count, len({PERIODS[name](at) for at in times}))
    for item in found:
        if item.id not in kept and PERIODS[name](item.at) in periods:
            assert any(other.id > item.id for other in found if other.id in kept), "the newest of its period"


def test_two_years_of_nights() -> None:
    """With the default rules: a week of days, a month of weeks, a year of months, and the years."""
    rules = parse_rules(Settings().backup_keep)
    found: list[Candidate] = []
    for day in range(800):
        at = datetime(2024, 9, 1, 3, tzinfo=UTC) + timedelta(days=day)
        found.append(Candidate(new_id(at), at, proven=True))
        done = plan(found, rules, at + timedelta(hours=1))
        found = [
            replace(item, marked_at=at if item.id in done.mark else item.marked_at)
            for item in found
            if item.id not in done.purge
        ]
    kept = plan(found, rules, at).keep
    assert 20 <= len(kept) <= 7 + 4 + 12 + 3
    assert len(found) <= len(kept) + 2, "the rest goes within two days"


def test_cap_of_one_run() -> None:
    found = [
        Candidate(new_id(NOW - timedelta(days=9, hours=n)), NOW - timedelta(days=9, hours=n), True) for n in range(30)
    ]
    done = plan(found, Rules({"last": 1}), NOW, 10)
    assert (len(done.mark), len(done.later)) == (10, 19)
    assert done.mark == tuple(sorted(done.mark))
    assert max(done.mark) < min(done.later), "the oldest first"


def test_failed_proofs_go_after_a_day_once_a_newer_one_is_proven() -> None:
    old = Candidate("a", NOW - timedelta(days=3), proven=False)
    fresh = Candidate("b", NOW - timedelta(hours=2), proven=False)
    proven = Candidate("c", NOW - timedelta(hours=1), proven=True)
    newer = Candidate("d", NOW, proven=False)
    done = plan([old, fresh, proven, newer], Rules({"last": 1}), NOW)
    assert (done.mark, set(done.keep)) == (("a",), {"b", "c", "d"})


@pytest.mark.parametrize("text", ["", "daily", "daily -1", "fortnightly 2", "last 0", "last 1; daily 2", "daily 1.5"])
def test_wrong_rules_are_told(text: str) -> None:
    with pytest.raises(SettingsError, match="backup_keep"):
        parse_rules(text)


def test_rules_are_read() -> None:
    assert parse_rules("last 3,daily 7 , yearly 10").counts == {"last": 3, "daily": 7, "yearly": 10}
    assert parse_rules("all").counts == {}


# --- in a store --------------------------------------------------------------


def at(settings: Settings, moment: datetime, *, proven: bool = True) -> str:
    """A backup as if it had been taken then."""
    store = FolderStore(settings.backups)
    manifest = take(Job(settings), store, new_id(moment), "chinook")
    if proven:
        prove(Job(settings), store, manifest.id)
    return manifest.id


@pytest.fixture
def three(chinook: Settings) -> tuple[Settings, list[str]]:
    """Settings that keep one, and three backups, oldest first."""
    settings = chinook.model_copy(update={"backup_keep": "last 1"})
    return settings, [at(settings, NOW - timedelta(days=days)) for days in (3, 2, 1)]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_store_is_pruned_in_two_steps(three: tuple[Settings, list[str]]) -> None:
    settings, (first, second, third) = three
    store, index, job = FolderStore(settings.backups), open_index(settings), Job(settings)
    assert prune(job, store, index, NOW, dry=True).mark == (first, second)
    assert not any(DELETION in store.notes(each) for each in store.ids())
    assert prune(job, store, index, NOW).mark == (first, second)
    assert store.ids() == [first, second, third], "nothing is gone yet"
    pin(store, second, UNSIGNED, "wanted")
    assert prune(job, store, index, NOW + GRACE - timedelta(seconds=1)).purge == ()
    assert prune(job, store, index, NOW + GRACE).purge == (first,)
    assert store.ids() == [second, third]
    assert index is not None
    assert index.rows()[first].status == "deleted"


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_marked_backup_is_not_the_latest_but_can_be_restored_and_then_stays(
    three: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    settings, (first, second, third) = three
    store, job = FolderStore(settings.backups), Job(settings)
    mark_deleted(store, third, UNSIGNED, NOW)
    assert latest_proven(store, UNSIGNED).id == second
    prune(job, store, None, NOW)
    restore(job, store, first, f"sqlite:///{tmp_path / 'new.sqlite3'}", Options())
    assert prune(job, store, None, NOW + GRACE).purge == (second,)
    assert store.ids() == [first, third]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_wrong_key_deletes_nothing(three: tuple[Settings, list[str]]) -> None:
    settings, ids = three
    wrong = settings.model_copy(update={"backup_sign_key": type(settings.backup_sign_key)("ab" * 32)})
    at(wrong, NOW)
    done = prune(Job(wrong), FolderStore(settings.backups), None, NOW + 9 * GRACE)
    assert (done.mark, done.purge) == ((), ())
    assert FolderStore(settings.backups).ids()[:3] == ids


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_commands(three: tuple[Settings, list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings, (first, second, third) = three
    for key in ("database", "data_dir", "backup_keep"):
        name = "GEMEL_DATABASE_URI" if key == "database" else f"GEMEL_{key.upper()}"
        monkeypatch.setenv(name, str(getattr(settings, key)))
    monkeypatch.chdir(tmp_path)
    assert f"mark    {first}" in run("prune", "--dry-run")
    assert "is kept until it is unpinned" in run("pin", first, "--reason", "audit")
    assert json.loads(run("prune", "--json", "--at-most", "1"))["mark"] == [second]
    listed = {item["id"]: item for item in json.loads(run("list", "--json"))}
    assert (listed[first]["pinned"], listed[second]["pinned"]) == ("audit", None)
    assert listed[second]["deleted_at"] is not None
    assert json.loads(run("pin", second, "--json"))["id"] == second
    assert "as long as backup_keep says" in run("unpin", first)
    assert json.loads(run("prune", "--json"))["mark"] == [first]
    query(settings, "DELETE FROM gemel_backup")
    assert "tells of 3 backups" in run("index")
    assert len(query(settings, "SELECT * FROM gemel_backup")) == 3
    actions = [action for (action,) in query(settings, "SELECT action FROM gemel_audit ORDER BY id")]
    assert actions == ["backup pin", "backup prune", "backup pin", "backup unpin", "backup prune"]
    assert [entry.status for entry in entries(FolderStore(settings.backups), None, UNSIGNED)] == ["proven"] * 3
    assert third in run("list")
