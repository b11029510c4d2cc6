"""Look whether a restored database is what was taken."""

from concurrent.futures import ThreadPoolExecutor

from gemel_backup.evidence.postgresql import collect, export, snapshot
from gemel_backup.job import Job
from gemel_backup.keep.unpack import Unpacked
from gemel_backup.postgresql import Address
from gemel_backup.prove.amcheck import amcheck
from gemel_backup.prove.load import compare
from gemel_backup.prove.smoke import smoke

OK = "ok"
Checks = dict[str, str]


def examine(job: Job, backup: Unpacked, target: Address, checks: Checks, *, owners: bool, catalogs: bool) -> None:
    """Compare a database with the evidence, look at its pages, and ask it something; if ``job.jobs`` allows, at once.

    :param checks: what was looked at is written here.
    :param owners: whether owners and grants were restored, too.
    :param catalogs: as of :func:`gemel_backup.prove.amcheck.amcheck`.
    :raises Unproven: it holds something else, is damaged, or cannot be read.
    :raises Yielded: stopped.
    """
    with snapshot(target, job) as connection, ThreadPoolExecutor(3 if job.jobs > 1 else 1, "gemel-examine") as pool:
        exported = export(connection)  # before there is an extension that the checks of pages bring
        found = pool.submit(lambda: collect(connection, target, job, exported))
        pages = pool.submit(lambda: amcheck(job, target, catalogs=catalogs))
        query = pool.submit(lambda: smoke(job, backup, target.uri))
    compare(backup, found.result(), owners=owners)
    checks["evidence"] = OK
    checks["pages"] = pages.result()
    checks["query"] = query.result()
