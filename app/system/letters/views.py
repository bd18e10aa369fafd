"""System → Mail templates: the list, one mail, its HTML in a frame, and sending one to oneself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address_of
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.mailer.active import active_mailer
from app.mailer.test_mail import allowance, record_test, send_now, take
from app.mailer.views.testing import cannot_send, nothing_saved
from app.outbox.kinds import MailKind
from app.runtime import runtime
from app.system.letters import preview
from app.system.letters.samples import SAMPLES, kinds
from app.throttle import TooMany
from app.web.context import db
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.headers import policy
from app.web.later import retry_after, when
from app.web.navigation import Entry, here
from app.web.viewer import viewer_zone
from app.zones import lasting

PATH = "/admin/system/mail-templates"
NAVIGATION_ORDER = 35
VIEWS = {"html": "HTML", "text": "Plain text"}
WIDTHS = {"desktop": "Desktop", "phone": "Phone"}
SCHEMES = {"light": "Light", "dark": "Dark"}

blueprint = Blueprint("letters", __name__, url_prefix=PATH)


@dataclass(frozen=True)
class Choice:
    """What a link of the page shows; ``current``: it is shown."""

    label: str
    href: str
    current: bool


@blueprint.get("")
@requires(Permission.SYSTEM_CONFIGURE)
def index() -> str:
    now, zone = runtime().now(), viewer_zone()
    rows = []
    for kind in kinds():
        sample = SAMPLES.get(kind.name)
        words = preview.words_of(kind, "", now=now, zone=zone) if sample else None
        rows.append((kind, sample, words, _lasts(sample.lasts) if sample else None))
    return render_template("system/mail_templates.html", rows=rows)


@blueprint.get("/<mail>")
@requires(Permission.SYSTEM_CONFIGURE)
def one(mail: str) -> Response:
    kind = _kind(mail)
    sample, live = SAMPLES[kind.name], runtime()
    now = live.now()
    tests = allowance(db(), user_id=int(current_user.id), now=now)
    answer = make_response(
        render_template(
            "system/mail_template.html",
            kind=kind,
            sample=sample,
            lasts=_lasts(sample.lasts),
            shown=preview.shown(
                kind,
                _form(mail),
                sender=active_mailer(db(), live),
                to=current_user.email,
                now=now,
                zone=viewer_zone(),
            ),
            forms=_choices(mail, "form", {word: name for word, (name, _) in sample.forms.items()}),
            views=_choices(mail, "view", VIEWS),
            widths=_choices(mail, "width", WIDTHS),
            schemes=_choices(mail, "scheme", SCHEMES),
            chosen=_chosen(mail),
            framed=_there("letters.framed", mail, _chosen(mail)),
            to=current_user.email,
            tests=tests,
            pending=active_mailer(db(), live) is None,
        )
    )
    answer.headers["Content-Security-Policy"] = policy(frames=True)
    return answer


@blueprint.get("/<mail>/html")
@requires(Permission.SYSTEM_CONFIGURE)
def framed(mail: str) -> Response:
    """The HTML part and nothing else, for the frame on that mail's page."""
    kind = _kind(mail)
    words = preview.words_of(kind, _form(mail), now=runtime().now(), zone=viewer_zone())
    scheme: preview.Scheme = "dark" if _chosen(mail)["scheme"] == "dark" else "light"
    answer = make_response(preview.page_of(words.html, scheme))
    answer.headers["Content-Security-Policy"] = preview.POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@blueprint.post("/<mail>/send")
@requires(Permission.SYSTEM_CONFIGURE)
def send(mail: str) -> AnyResponse:
    """Send it to whoever presses the button: a test, by the same rules and out of the same budget.

    The allowance is used up and committed before the network; while the relay is spoken to, no
    transaction is open.
    """
    kind, session, live = _kind(mail), db(), runtime()
    active = active_mailer(session, live)
    if active is None:
        raise nothing_saved()
    if active.problem:
        raise cannot_send(active)
    began, to, asked_by = live.now(), current_user.email, current_user.name
    composed = preview.to_oneself(
        kind, _form(mail), sender=active, to=to, now=began, zone=viewer_zone()
    )
    try:
        take(session, user_id=int(current_user.id), now=began)
    except TooMany as refused:
        raise Refusal(
            429,
            "No more tests for the moment",
            "A sample counts as a test email: there are five in 15 minutes.",
            f"The next one is possible {when(refused.retry_at, began)}.",
            address_of("letters.one", mail=mail),
            "Back to the sample",
            retry_after(refused.retry_at, began),
        ) from None
    session.commit()
    result = send_now(active, composed, to=to)
    record_test(
        session,
        now=live.now(),
        to=to,
        asked_by=asked_by,
        version=active.version,
        result=result,
    )
    session.commit()
    if not result.passed:  # the mailer page says why, and what to do
        return redirect(address_of("mailer.page"), 303)
    if active.delivers:
        flash(f"The relay accepted the sample. Look for “{composed.subject}” in {to}.", "good")
    else:
        flash("The sample was written to the log; the console provider delivers nothing.", "good")
    return redirect(_there("letters.one", mail, _chosen(mail)), 303)


def _kind(name: str) -> MailKind:
    found = next((kind for kind in kinds() if kind.name == name), None)
    if found is None or name not in SAMPLES:
        raise Refusal(
            404,
            "There is no such mail",
            "No mail of that name is sent by this version, or it has no sample.",
            "Choose one from the list.",
            address_of("letters.index"),
            "Show all mail templates",
        )
    return found


def _form(mail: str) -> str:
    return _chosen(mail)["form"]


def _chosen(mail: str) -> dict[str, str]:
    """What the address asks to see; the first of each where it says nothing that there is."""
    offered = {"form": SAMPLES[mail].forms, "view": VIEWS, "width": WIDTHS, "scheme": SCHEMES}
    return {
        name: word if (word := request.args.get(name, "")) in words else next(iter(words), "")
        for name, words in offered.items()
    }


def _choices(mail: str, name: str, words: dict[str, str]) -> list[Choice]:
    chosen = _chosen(mail)
    return [
        Choice(label, _there("letters.one", mail, chosen | {name: word}), chosen[name] == word)
        for word, label in words.items()
    ]


def _there(endpoint: str, mail: str, chosen: dict[str, str]) -> str:
    asked = urlencode({name: word for name, word in chosen.items() if word})
    return f"{address_of(endpoint, mail=mail)}?{asked}"


def _lasts(span: timedelta | None) -> str | None:
    return lasting(span) if span else None


def navigation_entry() -> Entry | None:
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    return Entry("Mail templates", PATH, here(PATH))
