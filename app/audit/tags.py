"""Audit tags in words."""

from __future__ import annotations

SUBJECTS = {
    "install": "Setup",
    "mailer": "Mailer",
    "outbox": "Mail activity",
    "alerts": "Alerts",
    "access-url": "Access URL",
    "administrator": "Administrators",
    "account": "Accounts",
    "password": "Passwords",
    "login": "Sign-in",
    "organization": "Organizations",
    "member": "Members",
    "invitation": "Invitations",
    "keys": "Keys",
    "audit": "Audit log",
}
"""What events are about: every tag begins with one of these, and the filter offers just these."""


class UnknownSubject(ValueError):
    """A tag begins with a subject that :data:`SUBJECTS` does not name, so no filter finds it."""


def checked(tag: str) -> str:
    """``tag`` itself, which is ``subject:action``. Raises :class:`UnknownSubject`."""
    subject, colon, action = tag.partition(":")
    if subject not in SUBJECTS or not colon or not action:
        raise UnknownSubject(f"{tag} is no tag of the audit log; app/audit/tags.py lists them")
    return tag


_FIELDS = {
    "ignore_tls_errors": "Ignore TLS errors",
    "trust": "Trusted authorities",
    "ca_certificates": "Certificates of your authority",
    "client_key": "Key of the client certificate",
    "access_url": "Access URL",
    "ip": "IP",
    "configuration_of": "Configuration of",
    "support_contact": "Who to ask",
    "time_zone": "Time zone",
    "secure": "Secure (TLS)",
    "username": "User name",
    "connection_timeout": "Connection timeout in seconds",
}

_VALUES: dict[str, dict[str, str]] = {
    "provider": {},  # each registers its own
    "trust": {
        "system": "the usual ones",
        "system_and_own": "the usual ones and your own",
        "own": "your own alone",
    },
    "state": {
        "pending": "not set up",
        "configured": "working",
        "paused": "paused",
        "queued": "waiting",
        "sending": "being sent",
    },
}
"""What a page says for a word that the log keeps; the exports have the log's own."""


def add_value(field: str, value: str, words: str) -> None:
    """Say how people read a value of a field that is known elsewhere."""
    _VALUES[field][value] = words


def field_words(name: str) -> str:
    """``sender_name`` → ``Sender name``."""
    return _FIELDS.get(name, name.replace("_", " ").capitalize())


def value_words(value: object, field: str = "") -> str:
    """A recorded value of that field as people read it: yes and no, a word for nothing."""
    if isinstance(value, str) and value in _VALUES.get(field, ()):
        return _VALUES[field][value]
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "empty"
    return str(value)


def describe(tag: str) -> str:
    """``mailer:updated`` → ``Mailer: updated``."""
    subject, _, action = tag.partition(":")
    words = SUBJECTS.get(subject, subject.capitalize())  # an older release may have had others
    return f"{words}: {action.replace('-', ' ')}"
