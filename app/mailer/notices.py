"""What every console page says about mail until it is settled, and the dot in the navigation."""

from __future__ import annotations

from flask import request, url_for
from flask_login import current_user

from app.mailer.state import PAUSED, PENDING
from app.mailer.summary import Summary, current_summary
from app.runtime import runtime
from app.web.guards import Permission
from app.web.shell import Entry, Notice, here

PATH = "/admin/system/mailer"
ORDER = 20


def entry() -> Entry | None:
    """System → Mailer, for those who may open it."""
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    summary = current_summary()
    level, words = summary.pill
    alarm = level == "bad" or summary.alarming(runtime().now())
    return Entry("Mailer", PATH, here(PATH), words if alarm else None)


def notices() -> list[Notice]:
    """For install administrators. The mailer page tells the same at length, so not there."""
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return []
    summary = current_summary()
    found = [*_keys(summary)]
    if request.path != PATH and not request.path.startswith(f"{PATH}/"):
        found += _mail(summary)
    return found


def _keys(summary: Summary) -> list[Notice]:
    if summary.keys_problem is None and not (summary.active and summary.active.problem):
        return []
    cause = summary.keys_problem or "The key that the mail password was sealed with is missing."
    return [
        Notice(
            "bad",
            "The install’s keys cannot be used",
            f"{cause} Mail is held and no password can be stored. Restore the key from its"
            " backup and restart; “flask keys doctor” names what needs it.",
            id="notice-keys",
        )
    ]


def _mail(summary: Summary) -> list[Notice]:
    href = url_for("mailer.page")
    if summary.state == PENDING:
        return [
            Notice(
                "warn",
                "Mail is not set up",
                "Password resets, invitations to new people, unlock codes and the verification"
                " of new administrators do not work until it is.",
                href,
                "Set up mail",
                "notice-mail-pending",
            )
        ]
    if summary.state == PAUSED:
        why = summary.standing
        cause = f"{why.title}. {why.fix[0] if why.fix else ''}".strip() if why else ""
        return [
            Notice("bad", "Mail is paused", cause, href, "Open the mailer", "notice-mail-paused")
        ]
    if summary.alarming(runtime().now()):
        count = summary.health.consecutive_failures
        sends = "The last mail" if count == 1 else f"The last {count} mails"
        why = summary.standing
        cause = f" {why.title}." if why else ""
        return [
            Notice(
                "warn",
                "Mail is failing",
                f"{sends} could not be sent.{cause} Novantra keeps trying.",
                href,
                "Open the mailer",
                "notice-mail-failing",
            )
        ]
    return []
