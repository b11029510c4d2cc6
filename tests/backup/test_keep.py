"""Encrypted, signed, and in object storage."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pyrage
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr, ValidationError

from backup.helpers import UNSIGNED, all_well, files_folder, taken
from gemel.errors import SettingsError
from gemel.settings import Settings
from gemel_backup.errors import BackupError, Corrupted, Yielded
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.keep.age import check_keys, identities
from gemel_backup.keep.catalogue import entries, latest_proven, open_index, rebuild
from gemel_backup.keep.notes import DELETION, PROOF, mark_deleted, pin, read_notes, unpin
from gemel_backup.keep.seal import SEALED, Keys, public_key, seal, unseal
from gemel_backup.keep.verify import verify
from gemel_backup.prove.prove import prove
from gemel_backup.restore import Options, restore
from gemel_backup.store import MANIFEST, BucketStore, FolderStore
from gemel_backup.take import take
from gemel_backup.work import back_up

BUCKET = "backups"


def identity() -> tuple[str, str]:
    found = pyrage.x25519.Identity.generate()
    return str(found), str(found.to_public())


def changed(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update=changes)


# --- encryption --------------------------------------------------------------


def test_encrypted_backup_is_proven_only_with_the_key(chinook: Settings) -> None:
    secret, recipient = identity()
    taking = changed(chinook, backup_recipients=(recipient,))
    store, manifest = taken(taking)
    paths = [path for path in files_folder(store, manifest).rglob("*") if path.is_file()]
    assert paths
    assert all(path.suffix == ".age" and path.read_bytes().startswith(b"age-encryption.org/v1") for path in paths)
    assert manifest.recipients == (recipient,)
    verify(Job(taking), store, manifest.id)
    with pytest.raises(BackupError, match="encrypted, and there is no key to open it: set backup_identity"):
        prove(Job(taking), store, manifest.id)
    other, _ = identity()
    with pytest.raises(BackupError, match="No matching keys|no matching keys"):
        prove(Job(changed(taking, backup_identity=SecretStr(other))), store, manifest.id)
    proof = prove(Job(changed(taking, backup_identity=SecretStr(secret))), store, manifest.id)
    assert set(proof.checks.values()) == all_well(chinook)
    left = [path for path in taking.work.rglob("*") if path.name != ".lock"]
    assert left == [], "nothing readable stays behind"


def test_identity_may_be_in_a_file(tmp_path: Path) -> None:
    secret, _ = identity()
    path = tmp_path / "key.txt"
    path.write_text(f"# created: today\n{secret}\n")
    assert identities(Settings(backup_identity=SecretStr(str(path)))) == [secret]
    path.write_text("# nothing\n")
    with pytest.raises(SettingsError, match="holds no identity"):
        identities(Settings(backup_identity=SecretStr(str(path))))
    path.write_text("nonsense\n")
    with pytest.raises(SettingsError, match="a line is no identity"):
        identities(Settings(backup_identity=SecretStr(str(path))))
    with pytest.raises(SettingsError, match="cannot be read"):
        identities(Settings(backup_identity=SecretStr(str(tmp_path / "none"))))


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_wrong_recipient_is_told(chinook: Settings) -> None:
    with pytest.raises(SettingsError, match="is no recipient of age"):
        taken(changed(chinook, backup_recipients=("age1nonsense",)))
    with pytest.raises(SettingsError, match="backup_recipients: 'age1nonsense' is no recipient of age"):
        check_keys(Settings(backup_recipients=("age1nonsense",)))


# --- signatures --------------------------------------------------------------


def signing(settings: Settings, **more: Any) -> Settings:
    return changed(settings, backup_sign_key=SecretStr(secrets.token_hex(32)), **more)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_signed_backup_is_believed_by_who_knows_the_key(chinook: Settings) -> None:
    settings = signing(chinook)
    store, manifest = taken(settings)
    prove(Job(settings), store, manifest.id)
    own = Keys.of(settings)
    assert latest_proven(store, own) == manifest
    assert read_notes(store, manifest.id, UNSIGNED).proof is not None, "who asks for no signature sees no less"
    stranger = signing(chinook)
    with pytest.raises(Corrupted, match="neither the key of backup_sign_key nor in backup_trust_keys"):
        verify(Job(stranger), store, manifest.id)
    private = own.private
    assert private is not None
    friend = changed(stranger, backup_trust_keys=(public_key(private),))
    verify(Job(friend), store, manifest.id)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_unsigned_or_forged_notes_are_not_believed(chinook: Settings) -> None:
    settings = signing(chinook)
    keys = Keys.of(settings)
    store, manifest = taken(settings)
    prove(Job(settings), store, manifest.id)
    folder = store.folder / manifest.id
    sealed = SEALED.validate_json((folder / MANIFEST).read_bytes())
    for forged, told in (
        (seal(sealed.payload, UNSIGNED), "is not signed"),
        (seal(sealed.payload.replace("chinook", "another"), UNSIGNED), "is not signed"),
        (SEALED.dump_json(replace(sealed, signature=None)), "is not signed"),
        (SEALED.dump_json(replace(sealed, signature="00" * 64)), "its signature does not fit"),
        (SEALED.dump_json(replace(sealed, key="00" * 32)), "neither the key of backup_sign_key"),
        (b"{}", "is not well formed"),
    ):
        with pytest.raises(Corrupted, match=told):
            unseal(forged, keys, "x")
    proof = (folder / PROOF).read_bytes()
    (folder / PROOF).write_bytes(seal(SEALED.validate_json(proof).payload, UNSIGNED))
    assert [entry.status for entry in entries(store, None, keys)] == ["taken"]
    (folder / PROOF).write_bytes(proof)
    assert [entry.status for entry in entries(store, None, keys)] == ["proven"]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_without_keys_a_hash_finds_what_was_changed(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    path = store.folder / manifest.id / MANIFEST
    sealed = SEALED.validate_json(path.read_bytes())
    path.write_bytes(SEALED.dump_json(replace(sealed, payload=sealed.payload.replace("chinook", "another"))))
    with pytest.raises(Corrupted, match="does not fit its own hash"):
        verify(Job(chinook), store, manifest.id)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_proof_of_another_backup_proves_nothing(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    prove(Job(chinook), store, manifest.id)
    other = take(Job(chinook), store, new_id(datetime.now(UTC) + timedelta(seconds=9)), "chinook")
    (store.folder / other.id / PROOF).write_bytes((store.folder / manifest.id / PROOF).read_bytes())
    assert [entry.status for entry in entries(store, None, UNSIGNED)] == ["proven", "taken"]


def test_keys_of_settings_are_checked() -> None:
    for wrong in ("abc", "g" * 64, "A" * 64):
        with pytest.raises(ValidationError, match="64 hexadecimal digits"):
            Settings(backup_sign_key=SecretStr(wrong))
    with pytest.raises(ValidationError, match="64 hexadecimal digits"):
        Settings(backup_trust_keys=("abc",))


# --- pins and deletions ------------------------------------------------------


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_pin_takes_a_deletion_back(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    mark_deleted(store, manifest.id, UNSIGNED, datetime.now(UTC))
    assert entries(store, None, UNSIGNED)[0].deleted_at is not None
    pin(store, manifest.id, UNSIGNED, "before the move")
    [entry] = entries(store, None, UNSIGNED)
    assert (entry.deleted_at, entry.pin and entry.pin.reason) == (None, "before the move")
    assert DELETION not in store.notes(manifest.id)
    unpin(store, manifest.id, UNSIGNED)
    assert entries(store, None, UNSIGNED)[0].pin is None
    with pytest.raises(BackupError, match="there is no backup"):
        pin(store, "20200101-000000-000000", UNSIGNED, "x")


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_purged_backup_is_gone(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    store.purge(manifest.id)
    assert (store.ids(), list(store.folder.glob(".partial-*"))) == ([], [])
    store.purge(manifest.id)


# --- object storage ----------------------------------------------------------


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Address of a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of Amazon's for an empty bucket; the environment names the server."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    return client


def keys_in(bucket: Any) -> list[str]:
    return [item["Key"] for item in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_object_storage_from_backup_to_restore(chinook: Settings, bucket: Any, tmp_path: Path) -> None:
    secret, recipient = identity()
    settings = signing(
        chinook, backup_uri="s3://backups/of/chinook", backup_recipients=(recipient,), backup_identity=SecretStr(secret)
    )
    store = BucketStore(settings.backup_uri, settings.work)
    store.check()
    outcome = back_up(Job(settings), store, "chinook")
    manifest, keys = outcome.manifest, Keys.of(settings)
    assert all(key.startswith("of/chinook/") for key in keys_in(bucket))
    assert store.ids() == [manifest.id]
    assert [entry.status for entry in entries(store, open_index(settings), keys)] == ["proven"]
    verify(Job(settings), store, manifest.id)
    if not settings.is_postgresql:
        restore(Job(settings), store, manifest.id, f"sqlite:///{tmp_path / 'new.sqlite3'}", Options())
    pin(store, manifest.id, keys, "why not")
    assert entries(store, None, keys)[0].pin is not None
    assert [path for path in settings.work.rglob("*") if path.name != ".lock"] == []
    store.purge(manifest.id)
    assert [key for key in keys_in(bucket) if not key.endswith(".check")] == []


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_faults_of_object_storage(chinook: Settings, bucket: Any) -> None:
    settings = changed(chinook, backup_uri="s3://backups/x")
    store = BucketStore(settings.backup_uri, settings.work)
    manifest = take(Job(settings), store, new_id(datetime.now(UTC)), "chinook")
    with pytest.raises(BackupError, match="already"):
        take(Job(settings), store, manifest.id, "chinook")
    [path] = [key for key in keys_in(bucket) if key.endswith("database.sqlite3")]
    content = bucket.get_object(Bucket=BUCKET, Key=path)["Body"].read()
    bucket.put_object(Bucket=BUCKET, Key=path, Body=content[:-1])
    with pytest.raises(Corrupted, match="bytes instead of"):
        prove(Job(settings), store, manifest.id)
    bucket.delete_object(Bucket=BUCKET, Key=path)
    with pytest.raises(Corrupted, match="is missing"):
        verify(Job(settings), store, manifest.id)
    bucket.put_object(Bucket=BUCKET, Key=path, Body=content)
    assert prove(Job(settings), store, manifest.id).error is None
    for wrong in ("20200101-000000-000000", "../x"):
        with pytest.raises(BackupError, match="there is no backup"), store.local(wrong, Job(settings)):
            pass


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_unfinished_uploads_are_taken_away_when_they_are_old(chinook: Settings, bucket: Any) -> None:
    settings = changed(chinook, backup_uri="s3://backups/x")
    store = BucketStore(settings.backup_uri, settings.work)
    now = datetime.now(UTC)
    whole = take(Job(settings), store, new_id(now - timedelta(days=3)), "chinook").id
    old, young = new_id(now - timedelta(days=2)), new_id(now)
    for each in (old, young):
        bucket.put_object(Bucket=BUCKET, Key=f"x/{each}/files/part", Body=b"x")
    assert store.ids() == [whole]
    assert store.clean() == [old]
    assert {key.split("/")[1] for key in keys_in(bucket)} == {whole, young}


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_stopped_upload_leaves_nothing(chinook: Settings, bucket: Any) -> None:
    settings = changed(chinook, backup_uri="s3://backups/x")
    store = BucketStore(settings.backup_uri, settings.work)
    with pytest.raises(Yielded), store.draft(new_id(datetime.now(UTC)), Job(settings, stop=lambda: True)) as draft:
        (draft.files / "part").write_text("x")
        draft.manifest = b"{}"
    assert keys_in(bucket) == []


def test_store_that_refuses_or_is_away_is_told(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupError, match=r"store s3://nowhere cannot be written: .*NoSuchBucket|not exist"):
        BucketStore("s3://nowhere", tmp_path).check()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    quick = {"client_options": {"timeout": "1s", "allow_http": True}, "retry_config": {"max_retries": 0}}
    away = BucketStore("s3://backups/x", tmp_path, quick)
    for ask in (away.check, away.ids, away.clean):
        with pytest.raises(BackupError, match="store s3://backups/x cannot be"):
            ask()


def test_table_is_rebuilt_from_the_store(chinook: Settings) -> None:
    store = FolderStore(chinook.backups)
    outcome = back_up(Job(chinook), store, "chinook")
    index = open_index(chinook)
    assert index is not None
    index.put(outcome.manifest.id, "taking")
    assert [entry.status for entry in rebuild(store, index, UNSIGNED)] == ["proven"]
    assert index.rows()[outcome.manifest.id].status == "proven"
