"""A receipt for every sale."""

from sqlalchemy.orm import Session

from gemel import Event, before, committed
from till.models import Receipt, Sale


@before("insert", Sale)
def tidy(sale: Sale) -> None:
    """No blanks around."""
    sale.what = sale.what.strip()


@committed("insert", Sale)
def print_receipt(event: Event, session: Session) -> None:
    """Once for each."""
    assert event.new is not None
    session.add(Receipt(sale_id=event.key["id"], text=f"sold: {event.new['what']}"))
