"""Python around writes: the app's ``hooks.py`` (``docs/hooks.md``)."""

from gemel.hooks.declare import after, before, committed, read_hooks
from gemel.hooks.model import Event, Hook, Hooks, Verb

__all__ = ["Event", "Hook", "Hooks", "Verb", "after", "before", "committed", "read_hooks"]
