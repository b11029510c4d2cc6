"""A question to the restored database, asked as the APIs would ask it."""

import asyncio

from pydantic import SecretStr

from gemel.app import App, load_app
from gemel.errors import GemelError
from gemel.request import AllColumns, Query, Root, Rows, Select, Slot, Source
from gemel.serve import open_engine
from gemel.settings import Settings
from gemel_backup.errors import Unproven
from gemel_backup.job import Job
from gemel_backup.keep.unpack import Unpacked

ROWS = 1


def smoke(job: Job, backup: Unpacked, address: str) -> str:
    """Read the first row of every table of the app through the engine that serves the APIs.

    :param address: of the restored database.
    :return: ``ok``, or why nothing was asked: the app is not there, or its models are of another revision.
    :raises Unproven: a table cannot be read.
    """
    try:
        app = load_app(job.settings.app)
    except GemelError as error:
        return f"not done: {error.message}"
    if backup.manifest.heads != ((app.head,) if app.head else ()):
        return f"not done: the backup is of revision {backup.manifest.revision}, the app of {app.head}"
    settings = job.settings.model_copy(
        update={"database_uri": SecretStr(address), "pool_size": 1, "readers": 1, "database_roles": False}
    )
    try:
        asyncio.run(_ask(settings, app))
    except GemelError as error:
        raise Unproven(f"backup {backup.manifest.id}: a query of the restored database failed: {error}") from error
    return "ok"


async def _ask(settings: Settings, app: App) -> None:
    async with open_engine(settings, app) as engine:
        for schema, name in engine.catalog.tables:
            root = Root("rows", Source(schema, name), Select((AllColumns(),), Rows(limit=Slot(0))))
            await engine.read(engine.prepare("admin", Query((root,))), [ROWS])
