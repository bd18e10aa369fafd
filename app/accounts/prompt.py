"""What every page tells people whose address is not verified yet."""

from __future__ import annotations

from app.accounts.sessions import person
from app.mailer.state import mail_state
from app.runtime import runtime
from app.web.context import db
from app.web.guards import Permission
from app.web.shell import Notice, here


def verification_prompt() -> list[Notice]:
    """Quiet while mail is pending, plain once the mail can be sent; gone when verified."""
    user = person()
    if user.email_verified_at is not None:
        return []
    if mail_state(db(), runtime()) == "pending":
        return [
            Notice(
                "quiet",
                "Your address is not verified yet",
                "That can wait until mail is set up; nothing is closed to you meanwhile."
                if not user.is_install_admin or user.verification_waived
                else "The system console stays closed to you until then, and the mail for it"
                " cannot be sent before an administrator sets up mail.",
                id="verify-email",
            )
        ]
    closed = user.is_install_admin and user.denial(Permission.SYSTEM_CONFIGURE) is not None
    on_account = here("/account")
    return [
        Notice(
            "warn",
            "Verify your address",
            f"Open the link that was mailed to {user.email}."
            + (" Until then the system console stays closed to you." if closed else "")
            if closed
            else f"Nobody has shown yet that {user.email} is yours. A mail with a link does that.",
            None if on_account else "/account",
            None if on_account else "Go to your account",
            id="verify-email",
        )
    ]
