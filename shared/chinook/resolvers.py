"""Own resolvers of the music store: what the generated fields cannot say.

A mapped class in an annotation stands for the generated type of its table, so that ``top_customers`` can be asked for
everything that ``customer`` has, related rows with their arguments included.
"""

from datetime import datetime
from decimal import Decimal

import strawberry
from graphql import GraphQLError
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chinook.models import Artist, Customer, Employee, Invoice, Track
from gemel_graphql import Context, allow

Info = strawberry.Info[Context, None]


async def _best(session: AsyncSession, limit: int, customers: Select[Customer]) -> list[Customer]:
    total = func.sum(Invoice.total)
    ranked = customers.join(Customer.invoices).group_by(Customer.id).order_by(total.desc(), Customer.id)
    return list(await session.scalars(ranked.limit(limit)))


@strawberry.type
class StoreStatistics:
    """The store in figures."""

    tracks: int
    customers: int
    invoices: int
    revenue: Decimal
    first_sale: datetime | None
    best_customer: Customer | None = strawberry.field(description="who has bought for the largest sum")


@strawberry.type
class Query:
    """Fields beside the generated ones."""

    @strawberry.field
    @allow("support")
    async def top_customers(self, info: Info, limit: int = 5) -> list[Customer]:
        """Customers that who asks may see, by the sum of their invoices, the largest first."""
        if not 0 <= limit <= 100:
            raise GraphQLError("limit must lie between 0 and 100")
        return await _best(info.context.session, limit, info.context.visible(Customer))

    @strawberry.field
    async def store_statistics(self, info: Info) -> StoreStatistics:
        """The store in figures."""
        session = info.context.session
        best = await _best(session, 1, select(Customer))
        invoices, revenue, first = (
            await session.execute(select(func.count(), func.sum(Invoice.total), func.min(Invoice.invoice_date)))
        ).one()
        return StoreStatistics(
            tracks=await session.scalar(select(func.count()).select_from(Track)) or 0,
            customers=await session.scalar(select(func.count()).select_from(Customer)) or 0,
            invoices=invoices,
            revenue=revenue or Decimal(0),
            first_sale=first,
            best_customer=best[0] if best else None,
        )


@strawberry.type
class Mutation:
    """Changes beside the generated ones."""

    @strawberry.mutation
    async def transfer_customer(self, info: Info, customer_id: int, employee_id: int) -> Customer:
        """Let another employee support a customer."""
        session = info.context.session
        customer = await session.get(Customer, customer_id)
        employee = await session.get(Employee, employee_id)
        if customer is None or employee is None:
            raise GraphQLError("there is no such customer or employee", extensions={"code": "not-found"})
        customer.support_rep_id = employee.id
        return customer

    @strawberry.mutation
    async def add_artist(self, info: Info, name: str) -> Artist:
        """Add an artist, or give the one who has that name."""
        session = info.context.session
        artist = (await session.scalars(select(Artist).where(Artist.name == name).limit(1))).first()
        if artist is None:
            artist = Artist(name=name)
            session.add(artist)
        return artist
