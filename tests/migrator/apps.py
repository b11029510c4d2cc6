"""Small app packages for tests, written to a folder, so that each test has models and revisions of its own."""

import importlib
import sys
import textwrap
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from gemel.app import App, load_app

MODELS = """
from datetime import datetime
from decimal import Decimal
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"fk": "%(table_name)s_%(column_0_name)s_fkey", "pk": "%(table_name)s_pkey"})
"""
FIRST = """
class Maker(Base):
    __tablename__ = "maker"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
"""


@dataclass
class Writer:
    """Writes one app; :meth:`load` may be called again after a change."""

    folder: Path
    name: str = field(default_factory=lambda: f"app_{uuid.uuid4().hex}")

    @property
    def package(self) -> Path:
        return self.folder / self.name

    @property
    def versions(self) -> Path:
        return self.package / "migrations" / "versions"

    def models(self, text: str = FIRST) -> None:
        self.package.mkdir(exist_ok=True)
        (self.package / "__init__.py").touch()
        (self.package / "models.py").write_text(MODELS + textwrap.dedent(text), encoding="utf-8")

    def head(self, revision: str) -> None:
        (self.package / "migrations" / "HEAD").write_text(revision + "\n", encoding="ascii")

    def revision(
        self, revision: str, after: str | None, upgrade: str, downgrade: str = "pass", *, compatible: str | None = None
    ) -> Path:
        """Write a revision and make it the head."""
        self.versions.mkdir(parents=True, exist_ok=True)
        path = self.versions / f"{revision}.py"
        path.write_text(
            f'"""Revision {revision}."""\nimport time\nimport sqlalchemy as sa\nfrom alembic import op\n'
            f"revision = {revision!r}\ndown_revision = {after!r}\ncompatible_from = {compatible!r}\n"
            f"def upgrade():\n{textwrap.indent(textwrap.dedent(upgrade), '    ')}\n"
            f"def downgrade():\n{textwrap.indent(textwrap.dedent(downgrade), '    ')}\n",
            encoding="utf-8",
        )
        self.head(revision)
        return path

    def chain(self, *revisions: str, compatible: str | None = None) -> None:
        """Write revisions that each make a table called after them."""
        for index, revision in enumerate(revisions):
            self.revision(
                revision,
                revisions[index - 1] if index else None,
                f"op.create_table('t_{revision}', sa.Column('id', sa.Integer, primary_key=True))",
                f"op.drop_table('t_{revision}')",
                compatible=compatible if index else None,
            )

    def csv(self, name: str, text: str) -> Path:
        (self.package / "data").mkdir(exist_ok=True)
        path = self.package / "data" / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        return path

    def load(self) -> App:
        for name in [name for name in sys.modules if name == self.name or name.startswith(self.name + ".")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return load_app(self.name)
