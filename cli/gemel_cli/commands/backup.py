"""``backup``: take, prove, list and restore backups."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from gemel.errors import GemelError
from gemel.settings import Settings, load
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import Entry, base_for, entries, latest_proven, open_index, rebuild
from gemel_backup.keep.notes import pin as pin_backup
from gemel_backup.keep.notes import unpin as unpin_backup
from gemel_backup.keep.prune import prune as prune_backups
from gemel_backup.keep.retain import MOST_DELETIONS
from gemel_backup.keep.seal import Keys
from gemel_backup.keep.verify import verify as verify_hashes
from gemel_backup.pitr.recover import goal_of
from gemel_backup.postgresql import Address
from gemel_backup.restore import Options, is_live
from gemel_backup.restore import restore as restore_backup
from gemel_backup.restore import switch as switch_database
from gemel_backup.store import open_store
from gemel_backup.work import back_up, prove_and_record
from gemel_cli.audit import note
from gemel_cli.backup_list import facts_of, size, table_of
from gemel_cli.progress import progress

backup = typer.Typer(help="Take, prove, list and restore backups.", no_args_is_help=True, rich_markup_mode=None)

Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, max=64, help="Processes of pg_dump and pg_restore, for backup_jobs.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="A backup; `backup list` shows them.")]
IdOrLatest = Annotated[str, typer.Argument(metavar="[ID|latest]", help="A backup, or the newest proven one.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@backup.command()
def now(
    base: Annotated[
        bool, typer.Option("--base", help="A base backup, for recovery to a time; where pitr_dir is.")
    ] = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Take a backup and prove it: restore it into a scratch database and compare. Exit status 1 if it is not proven."""
    settings = load()
    outcome = back_up(Job(settings, processes=jobs), open_store(settings), settings.app, base=base, quick=base)
    manifest = outcome.manifest
    proof = outcome.proof
    if as_json:
        print(
            json.dumps(
                {
                    "id": manifest.id,
                    "status": "proven" if proof else "taken",
                    "bytes": manifest.size,
                    "seconds": outcome.seconds,
                    "rows": manifest.rows,
                    "checks": dict(proof.checks) if proof else {},
                },
                indent=2,
            )
        )
        return
    state = "proven" if proof else "taken; a worker that has backup_identity proves it"
    print(
        f"backup {manifest.id} is {state}: {size(manifest.size)}, {outcome.seconds:.1f} seconds,"
        f" {manifest.tables} tables, {manifest.rows} rows"
    )


@backup.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the backups, oldest first, and what became none."""
    found = _entries(load())
    if as_json:
        print(json.dumps([facts_of(entry) for entry in found], indent=2))
    elif not found:
        print("there are no backups; `backup now` takes one")
    else:
        Console().print(table_of(found), markup=False)


@backup.command()
def show(backup_id: Id, as_json: AsJson = False) -> None:
    """Show all that is known of a backup: where it is from, its files, and what its proof looked at."""
    settings = load()
    entry = next((entry for entry in _entries(settings) if entry.id == backup_id), None)
    if entry is None:
        raise BackupError(f"there is no backup {backup_id!r}; `backup list` shows those that are there")
    facts = facts_of(entry)
    if entry.manifest is not None:
        facts |= json.loads(entry.manifest.to_json())
    if entry.proof is not None:
        facts["checks"] = dict(entry.proof.checks)
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    for key, value in facts.items():
        if not isinstance(value, dict | list):
            print(f"{key:<16}{'-' if value is None else value}")


@backup.command()
def verify(
    backup_id: Id,
    restore: Annotated[bool, typer.Option("--restore", help="Prove it, too, by restoring it.")] = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Hash every file of a backup and compare it with the manifest. Exit status 1 if it does not fit."""
    settings = load()
    job, store = Job(settings, processes=jobs), open_store(settings)
    if restore:
        proof = prove_and_record(job, store, backup_id)
        facts = {"id": backup_id, "status": "proven", "seconds": proof.seconds, "checks": dict(proof.checks)}
        text = f"backup {backup_id} is proven: restored and compared in {proof.seconds:.1f} seconds"
    else:
        manifest = verify_hashes(job, store, backup_id)
        facts = {"id": backup_id, "status": "verified", "files": len(manifest.files), "bytes": manifest.size}
        text = f"backup {backup_id} is as it was written: {len(manifest.files)} files, {size(manifest.size)}"
    print(json.dumps(facts, indent=2) if as_json else text)


@backup.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do nothing, and print what would be done.")] = False,
    at_most: Annotated[
        int, typer.Option("--at-most", min=1, help="Backups to mark, and to take away, in this run.")
    ] = MOST_DELETIONS,
    as_json: AsJson = False,
) -> None:
    """Mark the backups that backup_keep does not keep, and take away those that were marked a day ago.

    What is marked can still be kept, by pinning it. The newest proven backup always stays.
    """
    settings = load()
    index = None if dry_run else open_index(settings)
    done = prune_backups(Job(settings), open_store(settings), index, datetime.now(UTC), most=at_most, dry=dry_run)
    if not dry_run and (done.mark or done.purge):
        note(
            settings,
            "backup prune",
            ",".join(done.purge or done.mark),
            marked=list(done.mark),
            taken_away=list(done.purge),
        )
    if as_json:
        print(json.dumps(asdict(done), indent=2))
        return
    for backup_id, why in done.keep.items():
        print(f"keep    {backup_id}  {why}")
    for verb, found in (("mark", done.mark), ("unmark", done.unmark), ("purge", done.purge), ("later", done.later)):
        for backup_id in found:
            print(f"{verb:<8}{backup_id}")
    if dry_run:
        print("nothing was done")


@backup.command()
def pin(
    backup_id: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why it is to be kept.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a backup whatever its age; takes back that it was marked to go."""
    settings = load()
    found = pin_backup(open_store(settings), backup_id, Keys.of(settings), reason)
    note(settings, "backup pin", backup_id, reason=reason)
    print(
        json.dumps({"id": found.id, "pinned_at": found.at.isoformat(), "reason": found.reason})
        if as_json
        else f"backup {backup_id} is kept until it is unpinned"
    )


@backup.command()
def unpin(backup_id: Id, as_json: AsJson = False) -> None:
    """Let a backup go by backup_keep again."""
    settings = load()
    unpin_backup(open_store(settings), backup_id, Keys.of(settings))
    note(settings, "backup unpin", backup_id)
    print(json.dumps({"id": backup_id}) if as_json else f"backup {backup_id} is kept as long as backup_keep says")


@backup.command()
def index(as_json: AsJson = False) -> None:
    """Write the table of backups anew from the store, as after a restore."""
    settings = load()
    table = open_index(settings)
    if table is None:
        raise BackupError("the database has no table of backups: run `migrate` first, and set state = true")
    found = rebuild(open_store(settings), table, Keys.of(settings))
    print(
        json.dumps([facts_of(entry) for entry in found], indent=2)
        if as_json
        else f"the table tells of {len(found)} backups in the store"
    )


@backup.command()
def restore(
    backup_id: IdOrLatest = "latest",
    to: Annotated[
        str, typer.Option("--to", metavar="DATABASE_URI", help="postgresql://… (made if it is missing) or sqlite:///…")
    ] = "",
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="Fill this table alone; may be given several times.")
    ] = None,
    at: Annotated[
        str,
        typer.Option("--at", metavar="TIME|latest", help="As it was then: 2026-01-31T12:00:00Z. Where pitr_dir is."),
    ] = "",
    owners: Annotated[
        bool, typer.Option("--owners", help="PostgreSQL: restore owners and grants, too; the roles must be there.")
    ] = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a database that is not there yet, or is empty, and compare it with what was taken.

    `backup switch` then lets it take the place of the database of the settings. With --table the schema is there as a
    whole, but for foreign keys (SQLite: those tables alone), and of other tables no row. With --at a base backup is
    recovered to that time, on a server of its own, and what it holds then is restored.
    """
    settings = load()
    _check_target(settings, to)
    store = open_store(settings)
    goal = goal_of(at, datetime.now(UTC)) if at else None
    if backup_id != "latest":
        chosen = backup_id
    elif goal is None:
        chosen = latest_proven(store, Keys.of(settings)).id
    else:
        chosen = base_for(store, Keys.of(settings), goal.time).id
    options = Options(owners=owners, tables=tuple(tables or ()), goal=goal)
    with progress(shown=not as_json) as report:
        manifest = restore_backup(Job(settings, processes=jobs, report=report), store, chosen, to, options)
    note(settings, "backup restore", chosen, into=_named(to), tables=tables or [], at=at)
    facts = {"id": chosen, "to": _named(to), "tables": tables or manifest.tables, "seconds_taken": manifest.seconds}
    facts |= {"at": at} if at else {}
    what = f"{', '.join(tables)}" if tables else f"{manifest.tables} tables, {manifest.rows} rows"
    which = f"{chosen} at {at}" if at else chosen
    print(json.dumps(facts, indent=2) if as_json else f"restored {which} into {_named(to)}, and compared it: {what}")


@backup.command()
def switch(
    source: Annotated[str, typer.Argument(metavar="DATABASE_URI", help="A database that `backup restore` has made.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a restored database take the place of the one of the settings, which stays under another name.

    PostgreSQL ends the sessions of both; what was written since the backup is in the old one alone. Stop main.py first,
    if the database is SQLite.
    """
    settings = load()
    _check_address(source)
    live = _named(settings.database_direct)
    question = f"{_named(source)} takes the place of {live}, which stays under another name. Go on?"
    if not yes and not typer.confirm(question, default=False, err=True):
        raise BackupError("nothing was done")
    old = switch_database(Job(settings), source)
    note(settings, "backup switch", _named(source), old=old)
    kept = f"the old one is called {old}" if old else "there was none before"
    print(json.dumps({"database": live, "old": old}) if as_json else f"{live} is what {_named(source)} was; {kept}")


def _check_target(settings: Settings, to: str) -> None:
    if not to:
        raise BackupError("say where to restore: --to DATABASE_URI")
    _check_address(to)
    if is_live(settings, to):
        raise BackupError(
            "--to names the database of the settings: restore into one beside it, look at it, then say `backup switch`"
        )


def _check_address(address: str) -> None:
    if not address.startswith(("postgresql://", "sqlite:///")):
        raise BackupError("the address must begin with postgresql:// or sqlite:///")


def _named(target: str) -> str:
    return (
        f"database {target.removeprefix('sqlite:///')}" if target.startswith("sqlite:") else str(Address.parse(target))
    )


def _entries(settings: Settings) -> list[Entry]:
    try:
        index = open_index(settings)
        return entries(open_store(settings), index, Keys.of(settings))
    except GemelError as error:  # the store is the truth, and is needed most when the database is away
        Console(stderr=True).print(f"only the store was read: {error.message}", markup=False)
        return entries(open_store(settings), None, Keys.of(settings))
