"""Audit tags in words."""

from __future__ import annotations

SUBJECTS = {
    "install": "Setup",
    "mailer": "Mailer",
    "outbox": "Mail activity",
    "access-url": "Access URL",
    "administrator": "Administrators",
    "account": "Accounts",
    "user": "People",
    "password": "Passwords",
    "login": "Sign-in",
    "email": "Addresses",
    "organization": "Organizations",
    "member": "Members",
    "membership": "Members",
    "invitation": "Invitations",
    "signup": "Signup",
    "keys": "Keys",
}


def describe(tag: str) -> str:
    """``mailer:updated`` → ``Mailer: updated``."""
    subject, _, action = tag.partition(":")
    return f"{SUBJECTS.get(subject, subject.capitalize())}: {action.replace('-', ' ')}"
