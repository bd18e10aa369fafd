"""What became of the mail with a person's verification link, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import verification
from app.accounts.models import User
from app.mailer.summary import WAITING, Prospect
from app.outbox.fate import Fate, fate_of, newest
from app.runtime import Runtime
from app.throttle import TooMany
from app.web.context import Actor

# Whoever once invited them is not known any more.
NOBODY = Actor(None, "An administrator", None)
KINDS = ("verify-email", "admin-invitation")


@dataclass(frozen=True)
class VerificationStatus:
    """``text`` is for the person whose address it is. ``may_send``: another mail would help."""

    fate: Fate | None
    text: str
    state: str
    may_send: bool


def verification_status(
    session: Session, user: User, expected: Prospect, *, logged: bool, now: datetime
) -> VerificationStatus:
    """How the verification of somebody unverified stands.

    :param logged: the provider only writes mail to a log, so that none arrives
    """
    if expected is Prospect.NONE:
        text = f"{user.email} can be verified once mail is set up."
        return VerificationStatus(None, text, "Waits for mail", False)
    if logged:
        return VerificationStatus(
            None,
            f"{user.email} can be verified once a provider is chosen that delivers: until then"
            " each mail is a line in Novantra’s log.",
            "Waits for mail",
            True,
        )
    message = newest(session, user.address, kinds=KINDS)
    if message is None:
        return VerificationStatus(
            None, f"No link was mailed to {user.email} yet.", "Not verified", True
        )
    fate = fate_of(message, expected, now)
    sentences = {
        Fate.UNDER_WAY: f"A mail with a link is on its way to {user.email}.",
        Fate.TRIED_AGAIN: f"The mail with a link to {user.email} did not get through yet. It is"
        " tried again by itself.",
        Fate.WAITS: f"A mail with a link to {user.email} was written. {WAITING}",
        Fate.SENT: f"Open the link that was mailed to {user.email}, or have it sent again.",
        Fate.FAILED: f"The mail with a link to {user.email} could not be sent.",
        Fate.EXPIRED: f"The link that was mailed to {user.email} has run out."
        if message.sent_at
        else f"The mail with a link to {user.email} ran out before it could be sent.",
        Fate.CANCELLED: f"The mail with a link to {user.email} was cancelled before it was sent.",
    }
    states = {Fate.WAITS: "Mail waits", Fate.UNDER_WAY: "Mail on its way"}
    may_send = fate not in {Fate.UNDER_WAY, Fate.TRIED_AGAIN, Fate.WAITS}
    return VerificationStatus(fate, sentences[fate], states.get(fate, "Not verified"), may_send)


def mail_unverified(session: Session, runtime: Runtime) -> list[str]:
    """Mail a link to every install administrator who waits for one; their addresses.

    For the moment at which mail can first be delivered. The caller commits.
    """
    if not runtime.box.ring.usable:
        return []  # nothing can be sealed; the link can be asked for when the key is back
    waiting = session.scalars(
        select(User)
        .where(User.is_install_admin, User.email_verified_at.is_(None))
        .order_by(User.id)
    ).all()
    mailed = []
    for user in waiting:
        try:
            verification.send_link(
                session, runtime, user=user, invited_by=NOBODY, now=runtime.now()
            )
        except TooMany:
            continue
        mailed.append(user.email)
    return mailed
