"""Proof: restore a backup into a scratch database and look at all of it."""
