"""The mail step where the environment decides: nothing is asked, what is in force can be tried."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.mail.failures import explain_failure
from app.mailer.active import active_mailer
from app.mailer.advice import context_of
from app.mailer.check import Check, check_relay
from app.mailer.in_force import declared_now, in_force
from app.mailer.providers import PROVIDERS
from app.mailer.test_mail import TestMail, TestResult, send_test
from app.mailer.views.owned import owned_now
from app.runtime import runtime
from app.throttle import TooMany, subject_of, take
from app.web.context import db
from wizard import mail_test
from wizard.draft import Draft
from wizard.mail_answer import MailSummary
from wizard.steps import next_step, stepper

TRY = ("check", "test")


def step(draft: Draft) -> Response:
    """The page; ``action`` is one of :data:`TRY`, or anything else to go on."""
    if request.method == "GET":
        return _page(draft)
    action = request.form.get("action")
    if action not in TRY:
        return redirect(url_for(next_step(draft).endpoint), 303)
    session, live = db(), runtime()
    active = active_mailer(session, live)
    if active is None:
        return _page(draft, 422)
    if action == "check":
        session.commit()
        return _page(draft, check=_checked(draft))
    now = live.now()
    try:
        take(session, mail_test.LIMIT, subject_of("setup", "test"), now)
    except TooMany:
        session.rollback()
        return _page(draft, 429, too_many=True)
    session.commit()
    base = draft.access_url or ""
    mail = TestMail(
        to=draft.email or "",
        asked_by=draft.name or "",
        access_url=base,
        access_host=urlsplit(base).hostname or "",
        at=now,
    )
    return _page(draft, tested=send_test(active, mail))


def _checked(draft: Draft) -> Check:
    active = active_mailer(db(), runtime())
    if active is None or active.relay is None:
        return Check(
            about="Nothing was sent.",
            summary="There is nothing to check: no relay is contacted.",
        )
    found = check_relay(
        active.relay,
        sender=active.sender_address,
        recipient=draft.email or "",
        region=active.region,
        elsewhere=active.elsewhere,
    )
    where = found.about.partition(",")[0]
    return replace(found, suggestion=None, shown=None, about=f"{where}. No mail was sent.")


def summary(draft: Draft) -> MailSummary | None:
    """What the review says; ``None`` where what the environment says cannot be used."""
    session, live = db(), runtime()
    row, active = in_force(session, live), active_mailer(session, live)
    if row is None or active is None:
        return None
    provider = PROVIDERS[active.provider]
    sender = active.sender_address
    if active.sender_name:
        sender = f"{active.sender_name} <{sender}>"
    return MailSummary(
        title=provider.title,
        relay=active.where if active.relay else None,
        sender=sender,
        warning=provider.warning,
        checked=None,
        delivers=provider.delivers,
        still_to_do=active.problem,
    )


def _page(
    draft: Draft,
    status: int = 200,
    *,
    check: Check | None = None,
    tested: TestResult | None = None,
    too_many: bool = False,
) -> Response:
    session, live = db(), runtime()
    active = active_mailer(session, live)
    explanation = None
    if tested is not None and tested.failure is not None:
        explanation = explain_failure(tested.failure, context_of(active, recipient=draft.email))
    body = render_template(
        "wizard/mail_by_environment.html",
        draft=draft,
        owned=owned_now(),
        declared=declared_now(session, live),
        active=active,
        check=check,
        tested=tested,
        explanation=explanation,
        too_many=too_many,
        steps=stepper(draft, "wizard.mail"),
    )
    return make_response(body, status)
