"""A generated app of many tables: ten columns each, a foreign key and relationships between neighbours."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from figures import count
from gemel.settings import Settings
from processes import FOLDERS

TABLES: Final = count("TABLES", 1_000)
"""A thousand in a soak, and fewer in `make test`, which has to end."""

_HEAD: Final = """\
from datetime import datetime
from decimal import Decimal
from sqlalchemy import JSON, ForeignKey, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass
"""
_TABLE: Final = """

class T{number:04}(Base):
    __tablename__ = "t{number:04}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    note: Mapped[str | None]
    size: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    ratio: Mapped[float | None]
    active: Mapped[bool]
    made_at: Mapped[datetime]
    extra: Mapped[dict | None] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    before_id: Mapped[int | None] = mapped_column(ForeignKey("t{before:04}.id", name="t{number:04}_before"))
    before: Mapped["T{before:04} | None"] = relationship(
        back_populates="after", foreign_keys=before_id, remote_side="T{before:04}.id"
    )
    after: Mapped[list["T{after:04}"]] = relationship(back_populates="before", foreign_keys="T{after:04}.before_id")
"""


def write_app(folder: Path, name: str, tables: int = TABLES) -> None:
    """Write the package ``name`` into a folder. They make a ring: each refers to the one before it."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    text = "".join(_table(number, tables) for number in range(tables))
    (package / "models.py").write_text(_HEAD + text, encoding="ascii")


def _table(number: int, tables: int) -> str:
    return _TABLE.format(number=number, before=(number - 1) % tables, after=(number + 1) % tables)


def create_tables(settings: Settings, folder: Path, name: str) -> None:
    """Create all tables of the app, in a process of its own: the models stay out of this one."""
    address = settings.database
    if settings.is_postgresql:
        address = "postgresql+psycopg://" + address.removeprefix("postgresql://")
    code = (
        f"import sys, sqlalchemy, {name}.models as models\n"
        "models.Base.metadata.create_all(sqlalchemy.create_engine(sys.argv[1]))"
    )
    path = f"{folder}:{FOLDERS}"
    subprocess.run([sys.executable, "-c", code, address], check=True, timeout=120, env={"PYTHONPATH": path})
