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


_FIELDS = {"ignore_tls_errors": "Ignore TLS errors", "access_url": "Access URL", "ip": "IP"}


def field_words(name: str) -> str:
    """``sender_name`` → ``Sender name``."""
    return _FIELDS.get(name, name.replace("_", " ").capitalize())


def value_words(value: object) -> str:
    """A recorded value as people read it: on and off for switches, a word for nothing."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "empty"
    return str(value)


def describe(tag: str) -> str:
    """``mailer:updated`` → ``Mailer: updated``."""
    subject, _, action = tag.partition(":")
    return f"{SUBJECTS.get(subject, subject.capitalize())}: {action.replace('-', ' ')}"
