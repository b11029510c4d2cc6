"""The kinds of fault: what goes wrong, by name."""

import os
import resource
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest
from pydantic import SecretStr

from backup.faults.ground import LIMIT, TRIES, WORK, Fault, Ground, Phase, environment_of
from backup.helpers import UNSIGNED, drop_database, query, until
from gemel.state.lock import MIGRATION_LOCK, YIELD_LOCK
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError, Corrupted, Yielded
from gemel_backup.keep.catalogue import open_index
from gemel_backup.keep.notes import read_notes
from gemel_backup.keep.prune import prune
from gemel_backup.prove.prove import prove
from gemel_backup.restore import Options, restore
from gemel_backup.schedule.claims import run_claim
from gemel_backup.schedule.due import claim_all
from gemel_backup.schedule.slots import LEASE, Slots

TAKING = {
    "while it dumps": "gemel_backup.evidence.postgresql:collect",
    "while it hashes": "gemel_backup.take.take:files_of",
    "before the manifest": "gemel_backup.store.folder:write_whole",
    "after the manifest": "gemel_backup.keep.catalogue:Index.put_entry",
}
PROVING = {
    "before the restore": "gemel_backup.prove.prove:unpacked",
    "while it restores": "gemel_backup.prove.load:Progress.__call__",
    "before the comparison": "gemel_backup.prove.load:differences",
    "before the proof is kept": "gemel_backup.prove.prove:write_proof",
}


DUMPING: dict[str, Phase] = {
    "at its begin": lambda found, _: found[:1],
    "while its workers read rows": lambda found, _: found[:1] if len(found) > 1 else [],
    "in one of its workers": lambda found, _: found[1:],
    "at its end": lambda found, folder: found[:1] if any(folder.rglob("toc.dat")) else [],
}


def killed_taking(phase: str) -> Fault:
    return lambda ground: ground.kill_at("take", phase)


def killed_proving(phase: str) -> Fault:
    return lambda ground: ground.kill_at(ground.good, phase)


def killed_somewhen(ground: Ground) -> None:
    ground.kill_somewhen()


def killed_while_it_encrypts(ground: Ground) -> None:
    identity = pyrage.x25519.Identity.generate()
    keys = {"backup_recipients": (str(identity.to_public()),), "backup_identity": SecretStr(str(identity))}
    ground.settings = ground.settings.model_copy(update=keys)
    ground.kill_at("take", "gemel_backup.take.take:encrypt_folder")
    assert any(ground.settings.work.iterdir()), "what was dumped lay there in plain text"
    ground.back_up()  # whoever comes next takes it away


def pg_dump_killed(phase: Phase) -> Fault:
    def kill(ground: Ground) -> None:
        query(ground.settings, "CREATE TABLE large AS SELECT n, repeat('x', 100) AS x FROM generate_series(1, 60000) n")
        ground.kill_program("pg_dump", "--snapshot=", phase=phase)

    return kill


def pg_restore_killed(ground: Ground) -> None:
    ground.kill_program("pg_restore", "--use-list=", ground.good)


def stopped(ground: Ground) -> None:
    until_ = time.monotonic() + ground.random.uniform(0, 1.0)
    with pytest.raises(Yielded):
        ground.back_up(stop=lambda: time.monotonic() > until_)
        prove(ground.job(stop=lambda: True), ground.store, ground.good)  # it was faster: then the proof is stopped


def disk_full(ground: Ground) -> None:
    """No file may grow beyond some kilobytes, which is how a full disk looks to who writes."""
    most = ground.random.randint(1, 60) * 1024

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    environment = {**os.environ, **environment_of(ground.settings)}
    done = subprocess.run(
        [sys.executable, "-c", WORK, "take", ""], env=environment, preexec_fn=limit, capture_output=True, check=False
    )
    assert done.returncode != 0


def store_refuses(ground: Ground) -> None:
    elsewhere = ground.settings.model_copy(update={"backup_uri": "/dev/null/backups"})
    with pytest.raises(BackupError, match="set backup_uri|cannot be made"):
        Ground(elsewhere, ground.random, ground.good).back_up()


def store_hangs(ground: Ground) -> None:
    """It takes connections and says nothing, in the middle of an upload as well."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
            patch.setenv(name, "us-east-1")
        quick = {"connect_timeout": "500ms", "timeout": "500ms", "allow_http": True}
        patch.setattr("gemel_backup.store.bucket.CLIENT", quick)
        patch.setattr("gemel_backup.store.bucket.RETRY", {"max_retries": 0})
        elsewhere = ground.settings.model_copy(update={"backup_uri": "s3://backups/x"})
        with pytest.raises(BackupError, match="store s3://backups/x cannot be"):
            Ground(elsewhere, ground.random, ground.good).back_up()


def file_lost(ground: Ground) -> None:
    _spoil(ground, lambda path: path.unlink())


def file_truncated(ground: Ground) -> None:
    _spoil(ground, lambda path: os.truncate(path, ground.random.randrange(path.stat().st_size)))


def bit_flipped(ground: Ground) -> None:
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[ground.random.randrange(len(content))] ^= 1 << ground.random.randrange(8)
        path.write_bytes(content)

    _spoil(ground, flip)


def files_swapped(ground: Ground) -> None:
    backup_id = ground.back_up()
    files = ground.files(backup_id)
    while True:
        one, other = ground.random.sample(files, 2)
        if one.read_bytes() != other.read_bytes():
            break
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    ground.spoiled.add(backup_id)


def file_of_another_backup(ground: Ground) -> None:
    query(ground.settings, "INSERT INTO genre (id, name) VALUES (950, 'between')")
    backup_id = ground.back_up()
    old = {path.relative_to(ground.folder / ground.good): path for path in ground.files(ground.good)}
    for path in ground.files(backup_id):
        twin = old.get(path.relative_to(ground.folder / backup_id))
        if twin is not None and twin.read_bytes() != path.read_bytes():
            path.write_bytes(twin.read_bytes())
            ground.spoiled.add(backup_id)
            return
    raise AssertionError("no file differs")


def _spoil(ground: Ground, how: object) -> None:
    backup_id = ground.back_up()
    how(ground.random.choice(ground.files(backup_id)))  # type: ignore[operator]
    ground.spoiled.add(backup_id)
    with pytest.raises(Corrupted):
        prove(ground.job(), ground.store, backup_id)


def wrong_key(ground: Ground) -> None:
    right, wrong = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    settings = ground.settings
    encrypting = {"backup_recipients": (str(right.to_public()),), "backup_identity": SecretStr(str(right))}
    ground.settings = settings.model_copy(update=encrypting)
    backup_id = ground.back_up()
    confused = ground.settings.model_copy(update={"backup_identity": SecretStr(str(wrong))})
    with pytest.raises(BackupError):
        prove(Ground(confused, ground.random, ground.good).job(), ground.store, backup_id)


def server_newer_than_the_client(ground: Ground) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gemel_backup.take.postgresql.server_major", lambda _: 99)
        with pytest.raises(BackupError, match="pg_dump of PostgreSQL 99 or later is needed"):
            ground.back_up()


def retention_during_a_restore(ground: Ground) -> None:
    """Retention runs once, and a day later again, while the oldest backup is being restored."""
    keep = {"backup_keep": "last 1"}
    old = ground.good
    ground.good = ground.back_up()
    ground.settings = ground.settings.model_copy(update=keep)
    target = _beside(ground)
    now = datetime.now(UTC)

    def report(*_: object) -> None:
        prune(ground.job(), ground.store, None, now)
        prune(ground.job(), ground.store, None, now + timedelta(hours=23))

    restore(ground.job(report=report), ground.store, old, target, Options())
    assert old in ground.store.ids()
    prune(ground.job(), ground.store, open_index(ground.settings), now + timedelta(hours=25))
    assert old not in ground.store.ids()
    drop_database(ground.settings, target.rpartition("/")[2])


def _beside(ground: Ground) -> str:
    return f"{ground.settings.database}_beside"


def sessions_ended(ground: Ground) -> None:
    """The server was restarted, or somebody has ended our sessions."""
    for _ in range(TRIES):  # it may have been an idle one, of a pool that gets itself another
        with ground.worker() as process:
            until(lambda: process.poll() is not None or _end_sessions(ground))
            if process.wait(LIMIT) != 0:
                return
    raise AssertionError("an end counts only if work is in flight")


def _end_sessions(ground: Ground) -> bool:
    ending = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name IN ('pg_dump', 'gemel-backup')"
    )
    return query(ground.settings, ending)[0][0] > 0


def migration_waits(ground: Ground) -> None:
    with (
        psycopg.connect(ground.settings.database, autocommit=True) as migration,
        ground.worker("take", TAKING["while it hashes"]) as process,
    ):
        migration.execute("SELECT pg_advisory_lock_shared(%s)", (YIELD_LOCK,))
        assert migration.execute("SELECT pg_try_advisory_lock(%s)", (MIGRATION_LOCK,)).fetchone() == (True,)
        process.kill()
    with psycopg.connect(ground.settings.database, autocommit=True) as migration:
        migration.execute("SELECT pg_advisory_lock_shared(%s)", (YIELD_LOCK,))
        blocker = psycopg.connect(ground.settings.database)
        blocker.execute("LOCK TABLE artist IN ACCESS EXCLUSIVE MODE")
        with blocker, pytest.raises(Yielded, match="a migration has waited"):
            ground.back_up()


def schema_changed_during_the_dump(ground: Ground) -> None:
    """The backup is of the time before, or gives way; the change waits for it, and is not lost."""
    with ground.worker() as process:
        changes = threading.Thread(target=_change, args=(ground,))
        changes.start()
        process.wait(LIMIT)
        changes.join(LIMIT)
    ground.back_up()
    assert query(ground.settings, "SELECT count(*) FROM made_meanwhile") == [(1,)]


def _change(ground: Ground) -> None:
    time.sleep(ground.random.uniform(0, 1))
    query(ground.settings, "CREATE TABLE made_meanwhile AS SELECT 1 AS one")
    query(ground.settings, "ALTER TABLE track ALTER COLUMN milliseconds TYPE bigint")
    query(ground.settings, "ALTER TABLE playlist_track ADD COLUMN place integer DEFAULT 7")


def two_tickers(ground: Ground) -> None:
    settings = ground.settings.model_copy(update={"backup_schedule": "0 0 * * *"})
    before = len(ground.store.ids())
    barrier = threading.Barrier(2)

    def work() -> None:
        slots = Slots(make_engine(settings))
        barrier.wait(LIMIT)
        for claim in claim_all(settings, None, slots, datetime.now(UTC)):
            run_claim(ground.job(), slots, claim, "chinook")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert len(ground.store.ids()) == before + 1


def clock_jumps(ground: Ground) -> None:
    """Forward for days, and back: neither a double nor a silent gap."""
    settings = ground.settings.model_copy(update={"backup_schedule": "0 0 * * *"})
    slots = Slots(make_engine(settings))
    days = ground.random.randint(2, 9)
    now = datetime.now(UTC)
    for moment in (now, now + timedelta(days=days), now, now + timedelta(days=days, seconds=1)):
        for claim in claim_all(settings, None, slots, moment):
            begun = slots.begin(claim, moment)
            assert begun is not None
            assert slots.finish(begun, "done")
    assert slots.counts() == {("backup", "done"): 2, ("backup", "missed"): days - 1}


def worker_lost_with_its_claim(ground: Ground) -> None:
    settings = ground.settings.model_copy(update={"backup_schedule": "0 0 * * *"})
    slots = Slots(make_engine(settings))
    now = datetime.now(UTC)
    [lost] = claim_all(settings, None, slots, now)
    assert slots.begin(lost, now) is not None
    assert list(claim_all(settings, None, slots, now + LEASE)) == []
    [found] = claim_all(settings, None, slots, now + LEASE + timedelta(seconds=15))
    assert run_claim(ground.job(), slots, found, "chinook") == "done"
    assert run_claim(ground.job(), slots, lost, "chinook") == "void"


def note_torn(ground: Ground) -> None:
    """The proof was half written: then it is none, and the backup is proven again."""
    path = ground.folder / ground.good / "proof.json"
    path.write_bytes(path.read_bytes()[: ground.random.randrange(1, 100)])
    assert read_notes(ground.store, ground.good, UNSIGNED).proof is None


def table_emptied(ground: Ground) -> None:
    """The table of backups is lost: the store is the truth."""
    query(ground.settings, f"DELETE FROM {'gemel.backup' if ground.settings.is_postgresql else 'gemel_backup'}")


OF_POSTGRESQL = frozenset(
    {
        *(f"pg_dump killed {when}" for when in DUMPING),
        "worker killed while it dumps",
        "worker killed while it restores",
        "pg_restore killed",
        "server newer than the client",
        "sessions ended",
        "migration waits",
        "schema changed during the dump",
        "disk full",
    }
)
"""Of SQLite there is no such thing. The others are tried there, since it is faster, and in a soak on both."""
KINDS: dict[str, Fault] = {
    **{f"worker killed {when}": killed_taking(phase) for when, phase in TAKING.items()},
    **{f"worker killed {when}": killed_proving(phase) for when, phase in PROVING.items()},
    "worker killed while it encrypts": killed_while_it_encrypts,
    "worker killed somewhen": killed_somewhen,
    "worker stopped": stopped,
    "worker lost with its claim": worker_lost_with_its_claim,
    **{f"pg_dump killed {when}": pg_dump_killed(phase) for when, phase in DUMPING.items()},
    "pg_restore killed": pg_restore_killed,
    "disk full": disk_full,
    "store refuses": store_refuses,
    "store hangs": store_hangs,
    "file lost": file_lost,
    "file truncated": file_truncated,
    "bit flipped": bit_flipped,
    "files swapped": files_swapped,
    "file of another backup": file_of_another_backup,
    "wrong key": wrong_key,
    "note torn": note_torn,
    "server newer than the client": server_newer_than_the_client,
    "retention during a restore": retention_during_a_restore,
    "sessions ended": sessions_ended,
    "migration waits": migration_waits,
    "schema changed during the dump": schema_changed_during_the_dump,
    "two tickers": two_tickers,
    "clock jumps": clock_jumps,
    "table emptied": table_emptied,
}
