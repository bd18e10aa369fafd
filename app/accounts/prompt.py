"""What every page tells people whose address is not verified yet."""

from __future__ import annotations

from flask import request

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
        closed = user.is_install_admin and not user.verification_waived
        if here("/admin/system") and not closed:
            return []  # the notice that mail is not set up says what cannot be done yet
        return [
            Notice(
                "quiet",
                "Your address is not verified yet",
                "That can wait until mail is set up; nothing is closed to you meanwhile."
                if not closed
                else "The system console stays closed to you until then, and the mail for it"
                " cannot be sent before an administrator sets up mail.",
                id="verify-email",
            )
        ]
    closed = user.is_install_admin and user.denial(Permission.SYSTEM_CONFIGURE) is not None
    if not closed and (request.path == "/admin/system" or here("/admin/system/mailer")):
        return []  # the overview lists it, and the mailer page has enough to say
    on_account = here("/account")
    return [
        Notice(
            "warn",
            "Verify your address",
            f"Open the link that was mailed to {user.email}."
            + (" Until then the system console stays closed to you." if closed else "")
            if closed
            else f"{user.email} is not verified yet. Open the link that was mailed to you.",
            None if on_account else "/account",
            None if on_account else "Go to your account",
            id="verify-email",
        )
    ]
