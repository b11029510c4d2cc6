"""Measure the services, as users run them, against what users would write instead (``docs/performance.md``)."""
