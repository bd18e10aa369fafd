"""The password that is stored for one relay, and how to see that another never got it."""

from __future__ import annotations

from tests.smtpd import Relay

SECRET = "Kanari-47 secret"
USERS = {"novantra": SECRET, "other": SECRET, "novantra@acme.test": SECRET}


def never_used(*relays: Relay) -> bool:
    """Whether nobody so much as began to log in."""
    return all(relay.auth_attempts == [] and relay.received("AUTH") == 0 for relay in relays)
