"""What runs at certain times (docs/tasks.md)."""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chinook.models import Invoice
from gemel import periodic


@periodic("0 6 * * *")
async def sales_of_yesterday(session: AsyncSession) -> None:
    """Say in the log what was sold yesterday."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    yesterday = (Invoice.invoice_date >= today - timedelta(days=1), Invoice.invoice_date < today)
    row = (await session.execute(select(func.count(), func.sum(Invoice.total)).where(*yesterday))).one()
    structlog.get_logger("chinook").info("sales.yesterday", invoices=row[0], total=str(row[1] or 0))
