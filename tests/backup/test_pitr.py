"""Recovery to a time, as far as it needs no Barman; tests/e2e/test_pitr.py is the rest."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import conninfo

from backup.helpers import UNSIGNED, query, until
from backup.test_retain import candidates
from gemel.errors import SettingsError
from gemel.settings import Settings, load
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError, Corrupted, Unproven, Unreachable, Yielded
from gemel_backup.evidence import Range, differences
from gemel_backup.evidence import postgresql as of_postgresql
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import Entry, base_for, unproven_base
from gemel_backup.keep.manifest import BASE, FORMAT, Base, Manifest, parse_manifest
from gemel_backup.keep.notes import read_notes, write_proof
from gemel_backup.keep.retain import GRACE, Candidate, Plan, plan_bases
from gemel_backup.keep.seal import seal
from gemel_backup.keep.verify import verify
from gemel_backup.metrics import backup_registry
from gemel_backup.pitr import barman as barman_of
from gemel_backup.pitr import mark as marking
from gemel_backup.pitr.cluster import fetching, reason, recovering
from gemel_backup.pitr.configuration import configuration
from gemel_backup.pitr.leftovers import leftovers
from gemel_backup.pitr.mark import mark
from gemel_backup.pitr.receive import Receiver, ready_slot
from gemel_backup.pitr.recover import Goal, check_end, goal_of, recovered
from gemel_backup.pitr.verify import verify_base
from gemel_backup.postgresql import Address, Connection
from gemel_backup.prove.load import evidence_of
from gemel_backup.prove.prove import prove
from gemel_backup.restore import Options, restore
from gemel_backup.schedule.due import claim_all
from gemel_backup.schedule.embedded import claim_bases
from gemel_backup.schedule.slots import Slots
from gemel_backup.store import FolderStore
from gemel_backup.take import take
from gemel_backup.take.taken import Taken
from gemel_backup.work import back_up

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def postgresql(
    copy_chinook: Callable[[str, Path], AbstractContextManager[Settings]], tmp_path: Path
) -> Iterator[Settings]:
    """Chinook on PostgreSQL."""
    with copy_chinook("postgresql", tmp_path) as settings:
        yield settings


# ---- a marked moment


def test_mark_has_evidence_of_what_the_database_holds(postgresql: Settings) -> None:
    address = Address.parse(postgresql.database)
    query(postgresql, "CREATE SEQUENCE ahead CACHE 1 INCREMENT -3 MINVALUE -1000")
    query(postgresql, "SELECT nextval('ahead') FROM generate_series(1, 5)")
    found = mark(Job(postgresql), address, "gemel-test")
    there = evidence_of(Job(postgresql), address)
    assert differences(found.evidence, there, owners=True) == []
    assert abs((found.at - datetime.now(UTC)).total_seconds()) < 60
    went = found.evidence.sequences["public.ahead"]
    assert went.least == -16
    assert went.most == -16 - 3 * 28, "a recovery goes on after all that was logged ahead"
    assert (
        differences(
            found.evidence, replace(there, sequences={**there.sequences, "public.ahead": _at(-50)}), owners=True
        )
        == []
    )
    assert differences(
        found.evidence, replace(there, sequences={**there.sequences, "public.ahead": _at(-13)}), owners=True
    )


def _at(value: int) -> Range:
    return Range(value, value)


@contextmanager
def writing(settings: Settings, count: int) -> Iterator[list[float]]:
    """Others insert all the time; the seconds that each of their transactions took."""
    seconds: list[float] = []
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(settings.database, autocommit=True) as connection:
            while not stop.is_set():
                begun = time.monotonic()
                connection.execute("INSERT INTO artist (name) VALUES ('x')")
                seconds.append(time.monotonic() - begun)

    writers = [threading.Thread(target=write) for _ in range(count)]
    for writer in writers:
        writer.start()
    try:
        yield seconds
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_mark_finds_its_moment_while_others_write(postgresql: Settings) -> None:
    address = Address.parse(postgresql.database)
    with writing(postgresql, 3) as seconds:
        for number in range(5):
            before = query(postgresql, "SELECT count(*) FROM artist")[0][0]
            found = mark(Job(postgresql), address, f"gemel-{number}")
            after = query(postgresql, "SELECT count(*) FROM artist")[0][0]
            assert before <= found.evidence.tables["public.artist"].rows <= after
    assert len(seconds) > 50
    assert max(seconds) < 5


def test_mark_knows_a_table_that_is_made_meanwhile(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "LEAST_PAUSE", 0.0)
    monkeypatch.setattr(marking, "MOST_PAUSE", 0.0)
    real, made = of_postgresql.tables, ["made_1", "made_2"]

    def tables(connection: Connection) -> Mapping[str, bool]:
        found = real(connection)
        if made:
            query(postgresql, f"CREATE TABLE {made.pop()} AS SELECT 1 AS i")
        return found

    monkeypatch.setattr(of_postgresql, "tables", tables)
    found = mark(Job(postgresql), Address.parse(postgresql.database), "gemel-test")
    assert {"public.made_1", "public.made_2"} <= set(found.evidence.tables)


def test_mark_gives_way_to_who_writes_without_end(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "MOST_SECONDS", 1.0)
    with psycopg.connect(postgresql.database) as writer:
        writer.execute("INSERT INTO genre (name) VALUES ('x')")
        with pytest.raises(Yielded, match="no moment in which no transaction wrote"):
            mark(Job(postgresql), Address.parse(postgresql.database), "gemel-test")
        writer.execute("INSERT INTO artist (name) VALUES ('was never locked out')")


def test_a_slot_that_is_gone_is_a_gap(postgresql: Settings, tmp_path: Path) -> None:
    """What it would have kept is lost, unless nothing was received before."""
    found = barman_of.Barman(str(tmp_path / "barman"), tmp_path, {})
    (tmp_path / "barman").write_text('#!/bin/sh\necho "$*" >> "$0.log"\necho "{}"\n')
    (tmp_path / "barman").chmod(0o700)
    query(postgresql, "SELECT pg_create_physical_replication_slot('gemel_barman')")
    assert ready_slot(Job(postgresql), found)
    assert not (tmp_path / "barman.log").exists(), "there is nothing to do"
    query(postgresql, "SELECT pg_drop_replication_slot('gemel_barman')")
    assert ready_slot(Job(postgresql), found), "for the first time nothing is lost"
    (tmp_path / "gemel" / "streaming").mkdir(parents=True)
    (tmp_path / "gemel" / "streaming" / "000000010000000000000004.partial").touch()
    assert not ready_slot(Job(postgresql), found)
    said = (tmp_path / "barman.log").read_text().splitlines()
    assert [line.partition("json ")[2] for line in said][-2:] == [
        "receive-wal --create-slot gemel",
        "receive-wal --reset gemel",
    ]


# ---- words, files and choices


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("latest", Goal()),
        ("2026-11-28T10:00:00Z", Goal(time=datetime(2026, 11, 28, 10, tzinfo=UTC))),
        ("2026-11-28 11:00:00.5+01:00", Goal(time=datetime(2026, 11, 28, 10, 0, 0, 500_000, tzinfo=UTC))),
        ("2026-11-28 10:00", Goal(time=datetime(2026, 11, 28, 10, tzinfo=UTC))),
    ],
)
def test_goal_is_a_time_or_latest(text: str, goal: Goal) -> None:
    assert goal_of(text, NOW) == goal


@pytest.mark.parametrize(("text", "why"), [("yesterday", "is no time"), ("2026-11-28T12:00:01Z", "lies ahead")])
def test_other_goals_are_refused(text: str, why: str) -> None:
    with pytest.raises(BackupError, match=why):
        goal_of(text, NOW)


def test_words_of_goals() -> None:
    assert Goal().words == ()
    assert Goal(restore_point="gemel-x").words == ("--target-name", "gemel-x", "--target-action", "promote")
    words = goal_of("2026-11-28T11:00:00.5+01:00", NOW).words
    assert words == ("--target-time", "2026-11-28 10:00:00.500000+00:00", "--target-action", "promote")


def test_configuration_has_no_password_and_quotes_what_needs_it() -> None:
    address = Address.parse("postgresql://app:secret@db.example.com:5433/a%20name?sslmode=require")
    text = configuration(Path("/pitr"), address, Path("/usr/lib/postgresql/17/bin"), "gemel")
    assert "secret" not in text
    lines = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    assert conninfo.conninfo_to_dict(lines["conninfo"]) == {
        "host": "db.example.com", "port": "5433", "user": "app", "dbname": "a name", "sslmode": "require"
    }  # fmt: skip
    assert "dbname" not in conninfo.conninfo_to_dict(lines["streaming_conninfo"])
    assert lines["path_prefix"] == "/usr/lib/postgresql/17/bin"


def test_restore_command_quotes_its_words() -> None:
    assert (
        fetching("/opt/a program", "--config", "/x y", "get-wal") == "'/opt/a program' --config '/x y' get-wal %f > %p"
    )


LOG = """\
LOG:  starting PostgreSQL 17.4
ERROR: WAL file '00000002.history' not found in server 'gemel'
FATAL:  the database system is starting up
ERROR: WAL file '00000001000000000000000B' not found in server 'gemel'
FATAL:  could not locate required checkpoint record at 0/B000080
LOG:  database system is shut down"""


def test_reason_is_what_ended_the_recovery() -> None:
    said = reason(LOG)
    assert said.startswith("could not locate required checkpoint record at 0/B000080; ERROR: WAL file '0000")
    assert "0B' not found" in said
    assert "do not reach to that time" in reason(
        "x\nFATAL:  recovery ended before configured recovery target was reached"
    )
    assert reason("something else") == "something else"


def test_root_is_told_to_be_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: Settings) -> None:
    monkeypatch.setattr("gemel_backup.pitr.cluster.os.geteuid", lambda: 0)
    with pytest.raises(BackupError, match="does not run as root"), recovering(Job(postgresql), tmp_path, "", "a", "b"):
        pass


def test_newest_file_of_changes(tmp_path: Path) -> None:
    found = barman_of.Barman("barman", tmp_path, {})
    assert (found.archived(), found.newest()) == ("", "")
    for name in (
        "wals/0000000100000000/00000001000000000000000A",
        "wals/0000000200000000/00000002000000000000000B",
        "wals/00000002.history",
        "wals/gemel-xlog.db",
        "streaming/00000002000000000000000C.partial",
        "streaming/.tmp",
    ):
        (tmp_path / "gemel" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "gemel" / name).touch()
    assert (found.archived(), found.newest()) == ("00000002000000000000000B", "00000002000000000000000C")


def test_without_barman_it_says_what_is_missing(
    postgresql: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path / "store")
    with pytest.raises(BackupError, match="pitr_dir is not set"):
        back_up(Job(postgresql), store, "chinook", base=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = postgresql.model_copy(update={"pitr_dir": str(tmp_path / "pitr")})
    with pytest.raises(BackupError, match="barman is not installed"):
        back_up(Job(settings), store, "chinook", base=True)
    assert store.ids() == []


def test_sqlite_has_no_barman() -> None:
    with pytest.raises(SettingsError, match="pitr_dir is for PostgreSQL"):
        load({"GEMEL_PITR_DIR": "/pitr"}, defaults={})


# ---- what is found out


def program(folder: Path, prints: str, status: int, to: str = "1") -> barman_of.Barman:
    """Barman that answers as it did once."""
    path = folder / "barman"
    path.write_text(f"#!/bin/sh\ncat >&{to} <<'E'\n{prints}\nE\nexit {status}\n")
    path.chmod(0o700)
    return barman_of.Barman(str(path), folder, {})


BROKEN = """\
ERROR: verify backup failure on directory '/pitr/gemel/base/1/data'
ERROR: pg_verifybackup: error: checksum mismatch for file "base/5/1"
"""


def test_files_of_barman_are_verified(tmp_path: Path) -> None:
    job = Job(Settings())
    assert verify_base(job, program(tmp_path, "", 0), "x") == "ok"
    with pytest.raises(Corrupted, match='x is not as it was written: .*checksum mismatch for file "base/5/1"'):
        verify_base(job, program(tmp_path, BROKEN, 1, to="2"), "x")
    lacking = program(tmp_path, "ERROR: pg_verifybackup not found", 1, to="2")
    assert verify_base(job, lacking, "x") == "not done: pg_verifybackup is not installed"
    with pytest.raises(BackupError, match="Unknown backup") as found:
        verify_base(job, program(tmp_path, "ERROR: Unknown backup 'x' for server 'gemel'", 1, to="2"), "x")
    assert not isinstance(found.value, Corrupted)


def test_what_barman_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupError, match="barman show-backup gemel x: Unknown backup 'x' for server 'gemel'"):
        program(tmp_path, "{\"_ERROR\": [\"Unknown backup 'x' for server 'gemel'\"]}", 1).details("x")
    with pytest.raises(BackupError, match="barman list-backups gemel: out of order"):
        program(tmp_path, "out of order", 2).bases()
    check = (
        '{"gemel": {"postgresql": {"hint": "", "status": "OK"}, "wal_archive": {"hint": "none", "status": "FAILED"},'
        ' "receive_wal_running": {"hint": "See the log", "status": "FAILED"}}}'
    )
    monkeypatch.setattr(barman_of, "READY_SECONDS", 0.0)
    with pytest.raises(BackupError, match=r"^Barman is not ready: receive_wal_running \(See the log\)$"):
        program(tmp_path, check, 1).check(Job(Settings()))
    listed = (
        '{"gemel": [{"backup_id": "20261128T2", "status": "STARTED"},'
        ' {"backup_id": "20261128T1", "backup_name": "n", "status": "WAITING_FOR_WALS"}]}'
    )
    found = [barman_of.Base("n", "20261128T1", whole=True), barman_of.Base("", "20261128T2", whole=False)]
    assert program(tmp_path, listed, 0).bases() == found


def test_barman_that_has_just_begun_is_waited_for(tmp_path: Path) -> None:
    """And not for longer than the service runs."""
    begun = '{"gemel": {"receive_wal_running": {"hint": "", "status": "FAILED"}}}'
    ready = '{"gemel": {"receive_wal_running": {"hint": "", "status": "OK"}}}'
    script = f"#!/bin/sh\nif [ -e $0.asked ]; then echo '{ready}'; else echo '{begun}'; fi\ntouch $0.asked\n"
    waiting = program(tmp_path, "", 0)
    Path(waiting.program).write_text(script)
    waiting.check(Job(Settings()))
    with pytest.raises(Yielded):
        program(tmp_path, begun, 1).check(Job(Settings(), stop=lambda: True))


def test_base_backup_is_due_once_changes_come_in(postgresql: Settings) -> None:
    """A slot claimed before that would fail, and the next one may be a week away."""
    settings = postgresql.model_copy(update={"pitr_dir": "/pitr", "pitr_schedule": "0 0 * * *", "backup_schedule": ""})
    slots, receiver = Slots(make_engine(settings)), Receiver(settings)
    receiver.gap = NOW
    assert list(claim_all(settings, None, slots, NOW)) == [], "a worker without Barman takes none"
    assert list(claim_bases(settings, None, slots, NOW)) == []
    assert list(claim_bases(settings, receiver, slots, NOW)) == []
    receiver.receiving = True
    claimed = [(claim.kind, claim.due_at) for claim in claim_bases(settings, receiver, slots, NOW)]
    assert claimed == [(BASE, NOW - timedelta(hours=12)), (BASE, NOW)], "by the schedule, and after the gap"
    assert list(claim_bases(settings, receiver, slots, NOW)) == []


@pytest.fixture
def taken_base(
    postgresql: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Settings, FolderStore, Manifest]:
    """A base backup without Barman: what is recovered is the database itself, as it is then."""
    address = Address.parse(postgresql.database)

    @contextmanager
    def itself(*_: object) -> Iterator[Address]:
        yield address

    monkeypatch.setattr("gemel_backup.pitr.prove.open_barman", lambda _: None)
    monkeypatch.setattr("gemel_backup.pitr.prove.verify_base", lambda *_: "ok")
    monkeypatch.setattr("gemel_backup.pitr.prove.recovered", itself)

    def dump(job: Job, _: Path, backup_id: str) -> Taken:
        found = mark(job, address, backup_id)
        return Taken(BASE, found.server_version, "barman", found.evidence, found.locale, Base("x", NOW, NOW, 1))

    store = FolderStore(tmp_path / "store")
    return postgresql, store, take(Job(postgresql), store, new_id(NOW), "chinook", dump)


def test_recovery_is_compared_with_the_evidence(
    taken_base: tuple[Settings, FolderStore, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, store, manifest = taken_base
    proof = prove(Job(settings), store, manifest.id)
    assert set(proof.checks) == {"hashes", "files", "recovered", "evidence", "pages", "query"}
    with monkeypatch.context() as without:
        without.setattr("gemel_backup.pitr.prove.open_barman", barman_of.open_barman)
        with pytest.raises(Unreachable, match="pitr_dir is not set"):
            prove(Job(settings), store, manifest.id)
    assert read_notes(store, manifest.id, UNSIGNED).proof == proof, "that says nothing of the backup"
    query(settings, "UPDATE artist SET name = 'another' WHERE id = 7")
    with pytest.raises(Unproven, match=r"table public.artist has as many rows as it had, but other values"):
        prove(Job(settings), store, manifest.id)
    noted = read_notes(store, manifest.id, UNSIGNED).proof
    assert noted is not None
    assert noted.error


@pytest.mark.parametrize("check", ["pitr.prove.verify_base", "prove.examine.amcheck", "prove.examine.smoke"])
def test_what_a_check_finds_fails_the_proof(
    taken_base: tuple[Settings, FolderStore, Manifest], monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    settings, store, manifest = taken_base

    def find(*_: object, **__: object) -> str:
        raise Corrupted("found")

    monkeypatch.setattr(f"gemel_backup.{check}", find)
    with pytest.raises(Corrupted, match="found"):
        prove(Job(settings), store, manifest.id)
    proof = read_notes(store, manifest.id, UNSIGNED).proof
    assert (proof is not None, proof and proof.error) == (True, "found")


def test_files_of_barman_are_verified_with_those_of_the_store(
    taken_base: tuple[Settings, FolderStore, Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, store, manifest = taken_base
    found = program(tmp_path, BROKEN, 1, to="2")
    monkeypatch.setattr("gemel_backup.keep.verify.open_barman", lambda _: found)
    with pytest.raises(Corrupted, match="checksum mismatch"):
        verify(Job(settings), store, manifest.id)


class Restoring(barman_of.Barman):
    """Barman that restores an empty folder."""

    def details(self, name: str) -> barman_of.Details:
        return barman_of.Details(NOW, 1, ())

    def run(self, job: Job, *words: str) -> None:
        Path(words[-1]).mkdir()


def test_recovery_to_the_end_looks_for_changes_after_it(
    postgresql: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recovered is the database itself, as it is."""

    @contextmanager
    def recovering_(*_: object) -> Iterator[Address]:
        yield Address.parse(postgresql.database)

    monkeypatch.setattr("gemel_backup.pitr.recover.recovering", recovering_)
    found = Restoring("barman", tmp_path / "pitr", {})
    folder = found.home / "gemel" / "streaming"
    folder.mkdir(parents=True)
    with recovered(Job(postgresql), found, "x", Goal()) as address:
        user = address.parameters["user"]
        assert query(postgresql, f"SELECT rolsuper FROM pg_roles WHERE rolname = '{user}'") == [(True,)]
    (folder / "0000000700000FFF00000001.partial").touch()
    with pytest.raises(BackupError, match="changes are missing"), recovered(Job(postgresql), found, "x", Goal()):
        pass
    with recovered(Job(postgresql), found, "x", Goal(restore_point="earlier")):
        pass
    assert [path.name for path in postgresql.work.iterdir() if path.name != ".lock"] == []


def test_a_base_backup_leads_to_other_times_and_a_dump_does_not(
    taken_base: tuple[Settings, FolderStore, Manifest],
) -> None:
    settings, store, _ = taken_base
    dump = take(Job(settings), store, new_id(NOW), "chinook")
    with pytest.raises(BackupError, match="is of one time only"):
        restore(Job(settings), store, dump.id, settings.database + "_new", Options(goal=Goal()))


def test_missing_changes_are_not_the_end(postgresql: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "gemel" / "streaming"
    folder.mkdir(parents=True)
    found = barman_of.Barman("barman", tmp_path, {})
    with Address.parse(postgresql.database).connect(Job(postgresql)) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SELECT pg_walfile_name(redo_lsn) FROM pg_control_checkpoint()").fetchone()
        assert row is not None
        (folder / f"00000007{row[0][8:]}.partial").touch()
        check_end(connection, found)
        (folder / "0000000700000FFF00000001").touch()
        with pytest.raises(BackupError, match=rf"changes are missing: {row[0][8:]} cannot be read"):
            check_end(connection, found)


# ---- what is in the store


def put_base(store: FolderStore, settings: Settings, ended_at: datetime, proof: str | None = "") -> Manifest:
    """A base backup in the store. :param proof: its error; empty: it is proven; ``None``: it has none."""
    manifest = Manifest(
        format=FORMAT,
        id=new_id(ended_at),
        kind=BASE,
        server_version="17.4",
        tool="barman 3.13.3",
        app="chinook",
        heads=(),
        started_at=ended_at - timedelta(minutes=1),
        finished_at=ended_at + timedelta(minutes=1),
        locale={},
        recipients=(),
        files=(),
        tables=1,
        rows=2,
        base=Base("gemel-x", ended_at, ended_at, 1000),
    )
    with store.draft(manifest.id, Job(settings)) as draft:
        draft.manifest = seal(manifest.to_json(), UNSIGNED)
    if proof is not None:
        write_proof(store, read_notes(store, manifest.id, UNSIGNED), UNSIGNED, 1.0, proof or None, {})
    return manifest


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty store."""
    return FolderStore(tmp_path / "store")


def test_manifest_of_a_base_backup_is_read_as_written(store: FolderStore) -> None:
    written = put_base(store, Settings(), NOW)
    assert parse_manifest(written.to_json(), written.id) == written
    assert written.size == 1000


def test_the_newest_proven_base_before_the_time_is_recovered(store: FolderStore) -> None:
    old, good, bad, new = (
        put_base(store, Settings(), NOW - days * DAY, proof)
        for days, proof in ((4, ""), (3, ""), (2, "it failed"), (1, None))
    )
    assert base_for(store, UNSIGNED, NOW - 3.5 * DAY).id == old.id
    assert base_for(store, UNSIGNED, NOW).id == base_for(store, UNSIGNED, None).id == good.id
    assert unproven_base(store, UNSIGNED, NOW - 2 * DAY) == new.id
    assert unproven_base(store, UNSIGNED, NOW) is None
    with pytest.raises(BackupError, match="the first one ended at 2026-11-24"):
        base_for(store, UNSIGNED, NOW - 5 * DAY)
    assert bad.id not in {old.id, good.id}


def test_an_unproven_base_is_better_than_none(store: FolderStore) -> None:
    with pytest.raises(BackupError, match="there is no base backup"):
        base_for(store, UNSIGNED, NOW)
    put_base(store, Settings(), NOW - 2 * DAY, "it failed")
    only = put_base(store, Settings(), NOW - DAY, None)
    assert base_for(store, UNSIGNED, NOW).id == only.id


def test_a_base_backup_is_no_newer_dump_in_the_metrics(store: FolderStore, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    put_base(store, settings, NOW)
    registry = backup_registry(settings, store)
    assert registry.get_sample_value("gemel_backup_newest_proven_timestamp_seconds") == 0
    assert registry.get_sample_value("gemel_backups") == 0


moments = st.integers(0, 30 * 24).map(lambda hours: NOW - timedelta(hours=hours))


def leads_to(found: Sequence[Candidate], moment: datetime) -> bool:
    return any(item.proven and item.readable and item.at <= moment for item in found)


@given(candidates(moments), st.integers(1, 20), moments)
def test_every_time_of_the_window_can_be_recovered_as_before(
    found: list[Candidate], days: int, moment: datetime
) -> None:
    done = plan_bases(found, timedelta(days=days), NOW, most=100)
    left = [item for item in found if item.id not in {*done.mark, *done.purge}]
    if moment >= NOW - timedelta(days=days) and leads_to(found, moment):
        assert leads_to(left, moment)
    assert {item.id for item in found if item.pinned or not item.readable} <= set(done.keep)
    marked = {item.id: item.marked_at for item in found}
    for gone in done.purge:
        at = marked[gone]
        assert at is not None
        assert at + GRACE <= NOW


def test_bases_that_lead_nowhere_new_go() -> None:
    old, enough, newer = (Candidate(new_id(NOW - days * DAY), NOW - days * DAY, proven=True) for days in (30, 8, 3))
    failed = Candidate(new_id(NOW - 5 * DAY), NOW - 5 * DAY, proven=False)
    done = plan_bases([old, enough, failed, newer], 7 * DAY, NOW)
    assert (set(done.keep), done.mark) == ({enough.id, newer.id}, (old.id, failed.id))


def test_plans_of_different_backups_are_done_together() -> None:
    both = Plan({"a": "x"}, ("c",), ("e",), ("g",), ("i",)).and_of(Plan({"b": "y"}, ("b",), (), ("h",), ()))
    assert both == Plan({"a": "x", "b": "y"}, ("b", "c"), ("e",), ("g", "h"), ("i",))


def entry(backup_id: str, status: str, kind: str | None = BASE) -> Entry:
    return Entry(backup_id, status, None, None, None, stored=True, kind=kind)


def test_only_what_is_good_for_nothing_is_taken_away_from_barman() -> None:
    ids = [new_id(NOW + timedelta(seconds=n)) for n in range(5)]
    halves = barman_of.Base(ids[0], "1", whole=False)
    orphan = barman_of.Base(ids[1], "2", whole=True)
    good = barman_of.Base(ids[2], "3", whole=True)
    newer = barman_of.Base(ids[3], "4", whole=True)
    foreign = barman_of.Base("monday", "5", whole=False)
    all_of_them = [halves, orphan, good, newer, foreign]
    assert leftovers(all_of_them, [entry(ids[2], "proven")]) == ["1", "2"]
    assert leftovers(all_of_them, [entry(ids[2], "taken")]) == ["1"], "perhaps the last good one"
    assert leftovers(all_of_them, [entry(ids[4], "proven", None)]) == ["1"], "a dump says nothing of base backups"
    assert leftovers(all_of_them, []) == ["1"], "perhaps it is the store that is another one"


def test_who_waits_to_change_a_table_is_not_waited_for(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """He waits for the lock of the snapshot, and whoever counts rows would wait for him."""
    monkeypatch.setattr("gemel_backup.evidence.postgresql.LOCK_SECONDS", 1)
    job, address = Job(postgresql), Address.parse(postgresql.database)
    change = threading.Thread(target=query, args=(postgresql, "ALTER TABLE track ADD COLUMN more integer"))
    with of_postgresql.locked_snapshot(address, job) as connection:
        change.start()
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'track'::regclass"
        until(lambda: query(postgresql, waits) == [(1,)])
        with pytest.raises(Yielded, match="somebody changes the schema; nothing was taken: public.track"):
            of_postgresql.collect(connection, address, job, of_postgresql.export(connection))
    change.join(60)
    assert query(postgresql, "SELECT count(more) FROM track") == [(0,)]
