"""A history: a folder of Alembic revisions, and the table in which the database keeps where it stands."""

import threading
import warnings
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData

from gemel.app import App
from gemel.state.tables import SCHEMA, VERSION_TABLE, state_tables, table_name
from gemel_migrator.errors import MigrationError

T = TypeVar("T")

PACKAGE = Path(__file__).parent
OUR_SQLITE_TABLES = frozenset(
    [table_name(VERSION_TABLE, postgresql=False)[1], *state_tables(postgresql=False).metadata.tables]
)
ALEMBIC = threading.Lock()  # ``alembic.op``, ``alembic.context`` and the filters of warnings are one per process


@dataclass(frozen=True)
class History:
    """One line of revisions."""

    name: str
    """For messages."""
    versions: Path
    """Folder of the revisions; may be missing."""
    version_schema: str | None
    version_table: str
    metadata: tuple[MetaData, ...]
    """What the database should look like at the head."""

    def scripts(self) -> ScriptDirectory:
        """The revisions, read and linked.

        :raises MigrationError: a file cannot be loaded or the links are broken.
        """
        return self._load(lambda: ScriptDirectory.from_config(self._config({})))

    def revisions(self) -> tuple[Script, ...]:
        """All revisions, in an order in which they can be applied.

        :raises MigrationError: as :meth:`scripts`, or there is more than one head.
        """
        if not self.versions.is_dir():
            return ()
        scripts = self.scripts()
        with ALEMBIC, warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Alembic only warns of a revision that is missing or doubled
            heads = self._load(scripts.get_heads)
        if len(heads) > 1:
            raise MigrationError(
                f"{self.versions} has several heads: {', '.join(sorted(heads))}. Two revisions follow the same one:"
                " set the down_revision of one of them to the other"
            )
        return tuple(reversed(self._load(lambda: list(scripts.walk_revisions()))))

    @property
    def head(self) -> str | None:
        """The last revision; ``None`` if there are none. :raises MigrationError: as :meth:`revisions`."""
        revisions = self.revisions()
        return revisions[-1].revision if revisions else None

    def ancestors(self, current: tuple[str, ...]) -> frozenset[str]:
        """What was applied to a database that stands at ``current``, all of which must be known revisions."""
        if not current:
            return frozenset()
        scripts = self.scripts()
        return frozenset(self._load(lambda: [item.revision for item in scripts.iterate_revisions(current, "base")]))

    def current(self, connection: Connection) -> tuple[str, ...]:
        """Where the database stands: one revision, or none before the first."""
        return MigrationContext.configure(connection, opts=self._version_options()).get_current_heads()

    def run(self, verb: Callable[..., Any], *arguments: Any, connection: Connection, **options: Any) -> Any:
        """Call a function of :mod:`alembic.command` on this history.

        :param options: more of ``EnvironmentContext.configure``.
        :raises MigrationError: Alembic refuses.
        """
        keywords = options.pop("keywords", {})
        configured = {**self.options(), "connection": connection, **options}
        with ALEMBIC:
            return self._load(lambda: verb(self._config(configured), *arguments, **keywords))

    def options(self) -> dict[str, Any]:
        """How Alembic compares and applies this history (``EnvironmentContext.configure``)."""
        return {
            **self._version_options(),
            "target_metadata": list(self.metadata),
            "transaction_per_migration": True,
            "transactional_ddl": True,  # SQLite's DDL is transactional, too, once the driver does not interfere
            "render_as_batch": True,  # a revision made on one database also runs on the other
            "compare_server_default": True,
            "include_schemas": any(table.schema for item in self.metadata for table in item.tables.values()),
            "include_name": include_name,
        }

    def _version_options(self) -> dict[str, Any]:
        return {"version_table": self.version_table, "version_table_schema": self.version_schema}

    def _config(self, options: Mapping[str, Any]) -> Config:
        config = Config(attributes={"options": options}, cmd_opts=Namespace(quiet=True))
        for key, value in {
            "script_location": str(PACKAGE / "environment"),
            "path_separator": "newline",
            "version_locations": str(self.versions),
        }.items():
            config.set_main_option(key, value.replace("%", "%%"))
        return config

    def _load(self, function: Callable[[], T]) -> T:
        try:
            return function()
        except (CommandError, UserWarning, KeyError, SyntaxError, ImportError) as error:
            raise MigrationError(f"{self.versions}: {error}") from error


def state_history(*, postgresql: bool) -> History:
    """History of Gemel's own tables."""
    schema, table = table_name(VERSION_TABLE, postgresql=postgresql)
    return History(
        name="gemel",
        versions=PACKAGE / "state_versions",
        version_schema=schema,
        version_table=table,
        metadata=(state_tables(postgresql=postgresql).metadata,),
    )


def app_history(app: App) -> History:
    """History of the app's tables."""
    return History(
        name=app.name,
        versions=app.migrations / "versions",
        version_schema=None,
        version_table="alembic_version",
        metadata=app.metadata,
    )


def include_name(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """Whether Alembic may look at a thing in the database: never at Gemel's own tables."""
    if kind == "schema":
        return name != SCHEMA
    return not (kind == "table" and parents.get("schema_name") is None and name in OUR_SQLITE_TABLES)
