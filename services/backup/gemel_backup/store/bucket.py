"""Object storage: Amazon's S3 and what speaks its protocol, and the other kinds that obstore knows (``gs://``, ``az://``).

Credentials, region and endpoint are read from the environment under the names that Amazon's own tools use
(``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``), or from the machine's role.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import from_url

from gemel_backup.errors import BackupError
from gemel_backup.held import PRIVATE, clean_folders, work_folder
from gemel_backup.ids import id_time, is_id
from gemel_backup.job import Job
from gemel_backup.store.base import FILES, MANIFEST, Draft

SCHEMES = ("s3://", "gs://", "az://")
LEFTOVER = timedelta(days=1)
"""Objects without a manifest that are older than this are of work that died: none takes so long."""
CLIENT: dict[str, Any] = {"connect_timeout": "5s", "timeout": "120s", "allow_http": True}
RETRY: dict[str, Any] = {"max_retries": 4, "retry_timeout": timedelta(minutes=3)}
PIECE = 8 << 20
AT_ONCE = 4
PREFIX = "store-"


class BucketStore:
    """Backups as objects ``<prefix>/<id>/…``; files are prepared in, and fetched to, a local folder."""

    def __init__(self, uri: str, work: Path, options: Mapping[str, Any] | None = None) -> None:
        """
        :param uri: ``s3://bucket/prefix``.
        :param work: local folder for what is under way.
        :param options: of obstore, in place of the environment's.
        :raises BackupError: the address is none.
        """
        self.uri = uri
        self._work = work
        try:
            self._store: Any = from_url(uri, **{"client_options": CLIENT, "retry_config": RETRY, **(options or {})})
        except (BaseError, ValueError) as error:
            raise BackupError(f"backup_uri {uri}: {_text(error)}") from error

    def ids(self) -> list[str]:
        """The backups, oldest first."""
        with self._told("listed"), ThreadPoolExecutor(AT_ONCE) as pool:
            found = sorted(self._prefixes())
            return [each for each, there in zip(found, pool.map(self._committed, found), strict=True) if there]

    @contextmanager
    def draft(self, backup_id: str, job: Job) -> Iterator[Draft]:
        """As :meth:`Store.draft`."""
        with self._told("read"):
            if self._objects(backup_id):
                raise BackupError(f"store {self.uri}: there is a backup {backup_id} already")
        with work_folder(self._work, PREFIX) as folder:
            draft = Draft(folder)
            yield draft
            if draft.manifest is None:
                return
            try:
                with self._told("written"):
                    self._upload(backup_id, folder, job)
                    obstore.put(self._store, f"{backup_id}/{MANIFEST}", draft.manifest, mode="create")
            except BaseException:
                self._abandon(backup_id)
                raise

    @contextmanager
    def local(self, backup_id: str, job: Job) -> Iterator[Path]:
        """As :meth:`Store.local`."""
        with self._told("read"):
            there = is_id(backup_id) and self._committed(backup_id)
        if not there:
            raise BackupError(
                f"there is no backup {backup_id!r} in {self.uri}; `backup list` shows those that are there"
            )
        with work_folder(self._work, PREFIX) as folder:
            with self._told("read"):
                self._download(backup_id, folder, job)
            yield folder

    def notes(self, backup_id: str) -> Mapping[str, bytes]:
        """As :meth:`Store.notes`."""
        if not is_id(backup_id):
            return {}
        with self._told("read"):
            found = obstore.list_with_delimiter(self._store, f"{backup_id}/")["objects"]
            return {Path(item["path"]).name: self._get(item["path"]) for item in found}

    def write(self, backup_id: str, name: str, content: bytes) -> None:
        """As :meth:`Store.write`."""
        with self._told("written"):
            obstore.put(self._store, f"{backup_id}/{name}", content)

    def remove(self, backup_id: str, name: str) -> None:
        """As :meth:`Store.remove`."""
        with self._told("removed from"):
            self._delete([f"{backup_id}/{name}"])

    def purge(self, backup_id: str) -> None:
        """As :meth:`Store.purge`."""
        if is_id(backup_id):
            with self._told("removed from"):
                self._delete([f"{backup_id}/{MANIFEST}"])
                self._delete(self._objects(backup_id))

    def clean(self) -> list[str]:
        """As :meth:`Store.clean`; objects of an unfinished upload are removed when they are a day old."""
        clean_folders(self._work, PREFIX)
        now = datetime.now(UTC)
        with self._told("listed"):
            old = [
                found for found in self._prefixes() if now - id_time(found) > LEFTOVER and not self._committed(found)
            ]
            for backup_id in old:
                self._delete(self._objects(backup_id))
        return old

    def check(self) -> None:
        """As :meth:`Store.check`."""
        with self._told("written"):
            obstore.put(self._store, ".check", b"")

    def _prefixes(self) -> Iterator[str]:
        for prefix in obstore.list_with_delimiter(self._store)["common_prefixes"]:
            name = Path(prefix).name
            if is_id(name):
                yield name

    def _committed(self, backup_id: str) -> bool:
        try:
            obstore.head(self._store, f"{backup_id}/{MANIFEST}")
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def _objects(self, backup_id: str) -> list[str]:
        return [str(item["path"]) for batch in obstore.list(self._store, f"{backup_id}/") for item in batch]

    def _delete(self, paths: list[str]) -> None:
        if paths:
            try:
                obstore.delete(self._store, paths)
            except (NotFoundError, FileNotFoundError):
                return

    def _abandon(self, backup_id: str) -> None:
        try:
            self._delete(self._objects(backup_id))
        except (BaseError, OSError):
            return  # the first error is the one to tell; `clean` finds what is left

    def _get(self, path: str) -> bytes:
        return bytes(obstore.get(self._store, path).bytes())

    def _upload(self, backup_id: str, folder: Path, job: Job) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())

        def put(path: Path) -> None:
            job.check()
            obstore.put(self._store, f"{backup_id}/{FILES}/{path.relative_to(folder).as_posix()}", path)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(put, paths))

    def _download(self, backup_id: str, folder: Path, job: Job) -> None:
        prefix = f"{backup_id}/{FILES}/"

        def get(path: str) -> None:
            target = folder / path.removeprefix(prefix)
            if not target.resolve().is_relative_to(folder.resolve()):
                return  # no file of ours; the manifest cannot name it
            target.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
            with target.open("wb") as file:
                for piece in obstore.get(self._store, path).stream(min_chunk_size=PIECE):
                    job.check()
                    file.write(piece)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(get, [path for path in self._objects(backup_id) if path.startswith(prefix)]))

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except AlreadyExistsError as error:
            raise BackupError(f"store {self.uri}: there is a backup of that id already") from error
        except (BaseError, FileNotFoundError) as error:
            raise BackupError(f"store {self.uri} cannot be {verb}: {_text(error)}") from error


def _text(error: BaseException) -> str:
    """The library adds its own debugging lines below the first paragraph."""
    return " ".join(str(error).partition("\n\n")[0].split())
