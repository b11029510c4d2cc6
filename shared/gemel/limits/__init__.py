"""How much of it a role may ask for: :class:`Limits`, and the counting of rates."""

from gemel.limits.declare import UNLIMITED, Limits
from gemel.limits.rates import Rates

__all__ = ["UNLIMITED", "Limits", "Rates"]
