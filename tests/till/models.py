"""Sales and receipts."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Of this app."""


class Sale(Base):
    """Something was sold."""

    __tablename__ = "sale"
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]


class Receipt(Base):
    """What was printed."""

    __tablename__ = "receipt"
    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    text: Mapped[str]
