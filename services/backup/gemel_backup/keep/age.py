"""Encryption to age recipients (https://age-encryption.org/v1).

It is done by programs of their own: the library holds Python's lock for as long as a file takes, and leases have to be
renewed meanwhile.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyrage

from gemel.errors import SettingsError
from gemel.settings import Settings
from gemel_backup.child import child
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.age_files import KEYS

PROGRAM = Path(__file__).with_name("age_files.py")
ENDING = ".age"
PAIRS = ".pairs-{}.json"
IDENTITY = "AGE-SECRET-KEY-"


def check_keys(settings: Settings) -> None:
    """:raises SettingsError: a recipient is none, or the identity cannot be read."""
    for recipient in settings.backup_recipients:
        try:
            pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError as error:
            raise SettingsError(f"backup_recipients: {recipient!r} is no recipient of age (age1…): {error}") from None
    identities(settings)


def identities(settings: Settings) -> Sequence[str]:
    """The keys to decrypt with: those of the setting, or of the file that it names; none if there are none.

    :raises SettingsError: the file cannot be read, or holds none.
    """
    given = settings.backup_identity.get_secret_value()
    if not given:
        return ()
    if given.startswith(IDENTITY):
        lines, where = [given], "backup_identity"
    else:
        where = f"backup_identity: {given}"
        try:
            lines = Path(given).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise SettingsError(f"{where} cannot be read: {error}") from None
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for key in keys:
        try:
            pyrage.x25519.Identity.from_str(key)
        except pyrage.IdentityError:
            raise SettingsError(f"{where}: a line is no identity of age ({IDENTITY}…)") from None
    if not keys:
        raise SettingsError(f"{where} holds no identity of age ({IDENTITY}…)")
    return keys


def can_open(settings: Settings) -> bool:
    """Whether what is taken with these settings can be proven with them."""
    return not settings.backup_recipients or bool(settings.backup_identity.get_secret_value())


def encrypt_folder(job: Job, source: Path, target: Path) -> None:
    """Encrypt all files below a folder into another one; each source is removed when it is done.

    :raises BackupError: it cannot be done.
    :raises Yielded: stopped.
    """
    pairs = {path: target / f"{path.relative_to(source)}{ENDING}" for path in source.rglob("*") if path.is_file()}
    _run(job, "encrypt", pairs, job.settings.backup_recipients, source)


def decrypt_folder(job: Job, source: Path, target: Path) -> None:
    """The reverse of :func:`encrypt_folder`; the source stays.

    :raises BackupError: there is no identity, or none that fits.
    :raises Yielded: stopped.
    """
    keys = identities(job.settings)
    if not keys:
        raise BackupError("the backup is encrypted, and there is no key to open it: set backup_identity")
    pairs = {
        path: target / str(path.relative_to(source)).removesuffix(ENDING)
        for path in source.rglob(f"*{ENDING}")
        if path.is_file()
    }
    _run(job, "decrypt", pairs, keys, target)


def _run(job: Job, verb: str, pairs: Mapping[Path, Path], keys: Sequence[str], folder: Path) -> None:
    environment = {KEYS: json.dumps(list(keys))}
    for target in pairs.values():
        target.parent.mkdir(parents=True, exist_ok=True)
    largest_first = sorted(pairs.items(), key=lambda pair: -pair[0].stat().st_size)
    with ExitStack() as stack:
        running = []
        for number in range(min(job.jobs, len(largest_first))):
            share = [(str(source), str(target)) for source, target in largest_first[number :: job.jobs]]
            listed = folder / PAIRS.format(number)
            listed.write_text(json.dumps(share))
            command = [sys.executable, "-I", str(PROGRAM), verb, os.fspath(listed)]
            running.append(stack.enter_context(child(command, environment)))
        for process in running:
            process.wait(job)
