"""What every page tells people whose address is not verified yet."""

from __future__ import annotations

from flask import request

from app.accounts.models import User
from app.accounts.sessions import person
from app.accounts.verification import VerificationStatus, verification_status
from app.mailer.summary import Prospect, current_prospect, current_summary
from app.mailer.whom_to_ask import set_up_by
from app.runtime import runtime
from app.web.context import db
from app.web.guards import Permission
from app.web.navigation import Banner, here


def about(user: User) -> VerificationStatus:
    """How the verification of an unverified person stands, for the page of this request."""
    active = current_summary().active
    logged = active is not None and not active.delivers
    return verification_status(db(), user, current_prospect(), logged=logged, now=runtime().now())


def verification_banner() -> list[Banner]:
    """Quiet while no mail can bring a link, plain once one can; gone when verified."""
    user = person()
    if user.email_verified_at is not None:
        return []
    closed = user.is_install_admin and user.denial(Permission.SYSTEM_CONFIGURE) is not None
    if current_prospect() is Prospect.NONE:
        if here("/admin/system") and not closed:
            return []  # the notice that mail is not set up says what cannot be done yet
        return [
            Banner(
                "quiet",
                "Your address is not verified yet",
                "That can wait until mail is set up; nothing is closed to you meanwhile."
                if not closed
                else "The system console stays closed to you until then, and the mail for it"
                f" cannot be sent before mail is set up. {set_up_by()}",
                id="verify-email",
            )
        ]
    if not closed and (request.path == "/admin/system" or here("/admin/system/mailer")):
        return []  # the overview lists it, and the mailer page has enough to say
    on_account = here("/account")
    return [
        Banner(
            "warn",
            "Verify your address",
            about(user).text
            + (" The system console stays closed to you until then." if closed else ""),
            None if on_account else "/account",
            None if on_account else "Go to your account",
            id="verify-email",
        )
    ]
