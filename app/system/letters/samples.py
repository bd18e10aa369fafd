"""What a mail of each kind says with sample values, whom it goes to, when, and how long it works.

Nothing in it is anybody's: the host is one that can never exist (RFC 2606), and no secret is made,
so that no link of a sample leads anywhere. A kind that the outbox has and this table lacks is
listed without a picture; a test asks for its line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.accounts import codes, reset, verification
from app.mail.compose import Prose
from app.mailer import test_mail
from app.organizations import inviting
from app.outbox.kinds import MAILS, MailKind
from app.outbox.listed_tests import LABEL

HOST = "hr.example.invalid"
BASE = f"https://{HOST}"
ME, OTHER = "kim@example.com", "alice@example.com"


@dataclass(frozen=True)
class Sample:
    """``to`` and ``when`` go on after "To" and "Sent". ``lasts``: how long its link or code works.

    ``values`` are those of its templates; ``forms`` change some of them, by a word for the address
    and one for people. Names of moments are given as how long after the writing they are.
    """

    to: str
    when: str
    values: Mapping[str, Any]
    lasts: timedelta | None = None
    forms: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    def values_at(self, now: datetime, form: str) -> dict[str, Any]:
        """For the templates, as if it were written now."""
        common = {
            "product": "Novantra",
            "access_url": BASE,
            "access_host": Prose(HOST),
            "host": Prose(HOST),
            "sender_name": "Acme HR",
        }
        chosen = self.forms[form][1] if form in self.forms else {}
        given = common | dict(self.values) | dict(chosen)
        return {
            name: now + value if isinstance(value, timedelta) else value
            for name, value in given.items()
        }


TEST = MailKind(test_mail.KIND, LABEL)
_NOW = timedelta()
_RESET = f"{BASE}/forgot-password"
_JOIN = {
    "organization": "Acme",
    "role": "member",
    "inviter": "Alice Admin",
    "email": ME,
    "link": f"{BASE}/invitations/sample",
    "handed_over": False,
}


def kinds() -> list[MailKind]:
    """Every kind of mail that there is, in the order of the outbox."""
    return [*MAILS.values(), TEST]


SAMPLES: dict[str, Sample] = {
    "password-reset": Sample(
        "whoever forgot the password, if the address has an account",
        "when somebody types the address under “Forgot your password?”",
        {"email": ME, "link": f"{BASE}/reset-password/sample", "expires_at": reset.LIFETIME},
        reset.LIFETIME,
    ),
    "password-changed": Sample(
        "the owner of the account",
        "when its password was changed",
        {"email": ME, "changed_at": _NOW, "reset_link": _RESET},
    ),
    "link-shown": Sample(
        "the owner of the account",
        "when an administrator was shown a link to it while mail did not go out",
        {
            "email": ME,
            "maker": "Alice Admin",
            "what": "password",
            "made_at": _NOW,
            "reset_link": _RESET,
        },
        forms={
            "password": ("For a new password", {}),
            "address": ("For an address", {"what": "address"}),
        },
    ),
    "unlock-code": Sample(
        "the owner of an account that is locked",
        "when a lock begins, or when it is asked for",
        {
            "email": ME,
            "code": "SAMPLE",
            "expires_at": codes.LIFETIME,
            "locked_until": timedelta(minutes=14),
            "link": f"{BASE}/unlock",
        },
        codes.LIFETIME,
    ),
    "verify-email": Sample(
        "the address that is to be verified",
        "for a new account, a new address, or when it is asked for",
        {
            "email": ME,
            "account_email": ME,
            "changes": False,
            "link": f"{BASE}/verify-email/sample",
            "expires_at": verification.LIFETIME,
        },
        verification.LIFETIME,
        {
            "first": ("The first address", {}),
            "new": ("Another address", {"changes": True, "account_email": "kim@example.org"}),
        },
    ),
    "email-changed": Sample(
        "the address that an account had",
        "when another one was asked for, and when it took its place",
        {
            "email": ME,
            "new_email": "kim@example.org",
            "done": False,
            "changed_at": _NOW,
            "reset_link": _RESET,
        },
        forms={"asked": ("Asked for", {}), "done": ("Changed", {"done": True})},
    ),
    "admin-invitation": Sample(
        "a new install administrator",
        "when an administrator adds somebody who has no password yet",
        {
            "email": ME,
            "inviter_email": OTHER,
            "link": f"{BASE}/verify-email/sample",
            "expires_at": verification.INVITATION_LIFETIME,
        },
        verification.INVITATION_LIFETIME,
    ),
    "invitation": Sample(
        "whoever is invited and has no account",
        "when an admin of an organization invites the address, or sends it again",
        {**_JOIN, "until": inviting.LIFETIME},
        inviting.LIFETIME,
        {
            "member": ("A member", {}),
            "admin": ("An admin", {"role": "admin"}),
            "shown": ("Handed over before", {"handed_over": True}),
        },
    ),
    "membership-added": Sample(
        "somebody who has an account",
        "when an admin of an organization adds them to it",
        {
            "name": "Kim",
            "organization": "Acme",
            "role": "member",
            "inviter": "Alice Admin",
            "link": f"{BASE}/organizations/sample/members",
        },
        forms={"member": ("A member", {}), "admin": ("An admin", {"role": "admin"})},
    ),
    "signup-code": Sample(
        "whoever signs up",
        "when somebody begins to sign up with an address that has no account",
        {"email": ME, "code": "SAMPLE", "until": codes.LIFETIME},
        codes.LIFETIME,
    ),
    "canary": Sample(
        "the address on the alerts page",
        "once a day, while mail works",
        {"at": _NOW, "next_at": timedelta(hours=24)},
    ),
    "signup-existing": Sample(
        "the owner of the account",
        "when somebody begins to sign up with an address that has an account",
        {"email": ME, "link": f"{BASE}/login", "reset_link": _RESET},
    ),
    "test": Sample(
        "the install administrator who asks for it",
        "by “Send test email”, in setup, and by the command mailer test",
        {
            "asked_by": "Alice Admin",
            "at": _NOW,
            "phrase": "a sample phrase",
            "sender_address": "novantra@example.com",
            "relay": Prose("relay.example.invalid port 587"),
            "encryption": Prose("STARTTLS"),
        },
    ),
}
