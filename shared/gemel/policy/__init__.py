"""Who may do what: the app's ``policies.py`` (``docs/policies.md``)."""

from gemel.policy.access import Access, Accesses
from gemel.policy.claim import Claim, claim, fill
from gemel.policy.declare import Grant, Policies, Policy, Role, read_policies
from gemel.policy.examples import Allowed, Example, Expected
from gemel.policy.explain import explain
from gemel.policy.told import told
from gemel.policy.visible import visible

__all__ = [
    "Access",
    "Accesses",
    "Allowed",
    "Claim",
    "Example",
    "Expected",
    "Grant",
    "Policies",
    "Policy",
    "Role",
    "claim",
    "explain",
    "fill",
    "read_policies",
    "told",
    "visible",
]
