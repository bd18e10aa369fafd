"""The mails there are. Another one is a line here and a folder under ``templates/email/``."""

from __future__ import annotations

from dataclasses import dataclass

EXPRESS, ORDINARY = 0, 1


@dataclass(frozen=True)
class MailKind:
    """``label`` names it for people. ``urgent``: somebody sits and waits for it."""

    name: str
    label: str
    urgent: bool = False

    @property
    def template(self) -> str:
        """The folder of its subject and bodies."""
        return self.name.replace("-", "_")

    @property
    def lane(self) -> int:
        """The lane of the queue it waits in: a reset link overtakes a thousand invitations."""
        return EXPRESS if self.urgent else ORDINARY


MAILS = {
    kind.name: kind
    for kind in (
        MailKind("password-reset", "Password reset", urgent=True),
        MailKind("password-changed", "Password changed"),
        MailKind("link-shown", "Link handed over"),
        MailKind("unlock-code", "Unlock code", urgent=True),
        MailKind("verify-email", "Address verification", urgent=True),
        MailKind("email-changed", "Address changed"),
        MailKind("admin-invitation", "Administrator invitation"),
        MailKind("invitation", "Invitation"),
        MailKind("membership-added", "Added to an organization"),
        MailKind("signup-code", "Signup code", urgent=True),
        MailKind("canary", "Daily mail"),
        MailKind("signup-existing", "Signup with a known address", urgent=True),
    )
}


def label_of(kind: str) -> str:
    """What people call a kind, also one that this version no longer has."""
    known = MAILS.get(kind)
    return known.label if known else kind.replace("-", " ").capitalize()
