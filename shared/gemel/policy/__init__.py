"""Who may do what: the app's ``policies.py`` (``docs/policies.md``)."""

from gemel.policy.access import ADMIN, Access, Accesses
from gemel.policy.claim import Claim, claim, fill
from gemel.policy.declare import Grant, Policies, Policy, Role, read_policies

__all__ = [
    "ADMIN",
    "Access",
    "Accesses",
    "Claim",
    "Grant",
    "Policies",
    "Policy",
    "Role",
    "claim",
    "fill",
    "read_policies",
]
