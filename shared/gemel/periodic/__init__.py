"""Python that runs at certain times: the app's ``tasks.py`` (``docs/tasks.md``)."""

from gemel.periodic.declare import Periodic, periodic, read_periodic

__all__ = ["Periodic", "periodic", "read_periodic"]
