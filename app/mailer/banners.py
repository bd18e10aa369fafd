"""What every console page says about mail until it is settled, and the dot in the navigation."""

from __future__ import annotations

from flask import request, url_for
from flask_login import current_user

from app.mailer.current_health import Health
from app.mailer.mail_facts import Keys
from app.mailer.settings import LoginMethod
from app.mailer.summary import Summary, current_summary
from app.web.guards import Permission
from app.web.navigation import Banner, Entry, here

PATH = "/admin/system/mailer"
ORDER = 20
OVERVIEW = "/admin/system"
"""Its first row says how mail is, with the button that helps."""


def entry() -> Entry | None:
    """System → Mailer, for those who may open it."""
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    mail = current_summary().mail
    return Entry("Mailer", PATH, here(PATH), mail.words if mail.alarm else None, mail.level)


def banners() -> list[Banner]:
    """For install administrators. Mailer page and overview tell it themselves, so not there."""
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return []
    summary = current_summary()
    if summary.mail.keys is not Keys.OK:
        found = [_keys(summary)]
    else:
        found = []
    told_there = request.path == OVERVIEW or request.path == PATH
    if not told_there and not request.path.startswith(f"{PATH}/"):
        found += _mail(summary)
    return found


def _keys(summary: Summary) -> Banner:
    if summary.mail.keys is Keys.CHANGED:
        return Banner(
            "bad",
            "The mail configuration was changed outside Novantra",
            summary.keys_problem or "",
            id="notice-keys",
        )
    if summary.mail.keys is Keys.FORGOTTEN:
        return Banner(
            "bad",
            "Give the secret of the sign-in again"
            if summary.token.method != LoginMethod.PASSWORD
            else "Type the password of the relay again",
            summary.keys_problem or "",
            id="notice-keys",
        )
    held = "Mail that was sealed with another one is held."
    if summary.mail.keys is Keys.UNUSABLE:
        held = "Mail is held and no password can be stored."
    elif summary.mail.held:
        held = "Mail is held."
    return Banner(
        "bad",
        "The install’s keys cannot be used",
        f"{summary.keys_problem} {held} Restore the key from its backup and restart; “flask keys"
        " doctor” names what needs it.",
        id="notice-keys",
    )


def _mail(summary: Summary) -> list[Banner]:
    """What alarms, but for the keys: they have a notice of their own."""
    mail = summary.mail
    if not mail.alarm or (mail.keys is not Keys.OK and mail.health is Health.FAILING):
        return []
    title, action = {
        Health.PENDING: ("Mail is not set up", "Set up mail"),
        Health.PAUSED: ("Mail is paused", "Open the mailer"),
        Health.STALLED: ("Nobody delivers mail", "Open the mailer"),
    }.get(mail.health, ("Mail is failing", "Open the mailer"))
    if summary.misdeclared:
        title, action = "Mail is not configured", "Open the mailer"
    if summary.not_connected:
        title = "The mailbox is not connected"
    if mail.concern is not None:
        title = "Mail works, but not as it should"
    return [
        Banner(
            mail.level,
            title,
            _text(summary),
            url_for("mailer.page"),
            action,
            f"notice-mail-{mail.health}",
        )
    ]


def _text(summary: Summary) -> str:
    mail = summary.mail
    if mail.health is Health.PENDING and summary.misdeclared:
        return f"{mail.cause} {mail.step}"
    if mail.health is Health.PENDING:
        return (
            "Password resets, invitations to new people, unlock codes and the verification of new"
            " administrators do not work until it is."
        )
    if mail.health is Health.STALLED:
        return f"{mail.cause} {mail.step} Command: {mail.command}"
    count = summary.health.consecutive_failures
    if mail.health is Health.FAILING and count and not mail.by_test and not mail.held:
        sends = "The last mail" if count == 1 else f"The last {count} mails"
        trying = " Novantra keeps trying." if summary.queue.waiting else ""
        return f"{sends} could not be sent. {mail.cause}{trying}"
    return f"{mail.cause} {mail.step}".strip()
