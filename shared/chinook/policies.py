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
from gemel import Example, Policy, Role, claim

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

examples = [
    Example("anonymous").sees(Track, True).may_not("select", Employee).may_not("insert", Track),
    Example("customer", {"user-id": 5})
    .sees(Customer, Customer.id == 5)
    .sees(Invoice, Invoice.customer_id == 5)
    .sees(InvoiceLine, InvoiceLine.invoice.has(Invoice.customer_id == 5))
    .may("update", Customer, "address", "phone")
    .may_not("update", Customer, "email", "support_rep_id")
    .may_not("delete", Customer)
    .may_not("select", Employee),
    Example("support", {"employee-id": 4})
    .sees(Customer, Customer.support_rep_id == 4)
    .sees(Invoice, Invoice.customer.has(Customer.support_rep_id == 4))
    .sees(Employee, True)
    .may_not("update", Customer)
    .may_not("select", InvoiceLine),
]
