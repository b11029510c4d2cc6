"""Who may do what in the store (``docs/policies.md``).

``admin`` may everything. Employees are seen by ``support`` and ``admin`` only.
"""

from chinook.models import (
    Album,
    Artist,
    Customer,
    Employee,
    Genre,
    Invoice,
    InvoiceLine,
    MediaType,
    Playlist,
    PlaylistTrack,
    Track,
)
from gemel import Policy, Role, claim

CATALOGUE = (Artist, Album, Track, Genre, MediaType, Playlist, PlaylistTrack)

own = Customer.id == claim("user-id", int)
supported = Customer.support_rep_id == claim("employee-id", int)

policies = [
    *(Policy("anonymous", model).select(aggregates=True, limit=1000) for model in CATALOGUE),
    Policy("customer", Customer).select(own).update(own, columns=[Customer.address, Customer.phone]),
    Policy("customer", Invoice).select(Invoice.customer_id == claim("user-id", int), aggregates=True),
    Policy("customer", InvoiceLine).select(InvoiceLine.invoice.has(Invoice.customer.has(own)), aggregates=True),
    Policy("support", Customer).select(supported, aggregates=True),
    Policy("support", Invoice).select(Invoice.customer.has(supported), aggregates=True),
    Policy("support", Employee).select(),
]
roles = [Role("customer", inherits="anonymous"), Role("support", inherits="anonymous")]
