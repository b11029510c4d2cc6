"""Logs, metrics and health: what an operator sees (docs/operations.md)."""

from gemel.observe.health import Check, Health
from gemel.observe.logs import configure_logging
from gemel.observe.metrics import Metrics

__all__ = ["Check", "Health", "Metrics", "configure_logging"]
