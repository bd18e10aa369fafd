"""System → Alerts: where alerts go, what is wrong now, and what was said."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.alerts import targets
from app.alerts.canary_days import canary_days, outcome_of
from app.alerts.conditions import State
from app.alerts.deliveries import ask
from app.alerts.forms import CanaryForm, TargetForm
from app.alerts.incidents import news, open_incidents
from app.alerts.kinds import TITLES, Kind, is_unknown_teams_host
from app.alerts.models import AlertDelivery, AlertIncident, AlertMessage, AlertTarget
from app.alerts.news import TITLES as NEWS_TITLES
from app.alerts.news import News, Type
from app.alerts.outcomes import is_final, words_of
from app.alerts.signing import new_secret
from app.crypto.keys import KeysUnusable
from app.mail.failures import FailureContext
from app.mailer import canary
from app.mailer.advice import explained
from app.mailer.summary import current_summary
from app.runtime import runtime
from app.throttle import Limit, TooMany, subject_of, take
from app.web.context import actor, db
from app.web.errors import STANDARD, Refusal
from app.web.guards import Permission, requires
from app.web.later import retry_after, when
from app.web.navigation import Entry, here
from app.web.viewer import viewer_zone

PATH = "/admin/system/alerts"
NAVIGATION_ORDER = 40
SHOWN = 20
"""Alerts of the past that the page lists."""

TESTS = Limit("alert-test", 10, timedelta(minutes=15))

STATES = {
    State.FINE: ("good", "Well again"),
    State.FAILING: ("bad", "Mail is failing"),
    State.PAUSED: ("bad", "Mail is paused"),
    State.STALLED: ("bad", "Nobody delivers"),
    State.DEGRADED: ("warn", "Not as it should be"),
    State.ENDS_IN_30: ("warn", "Ends within 30 days"),
    State.ENDS_IN_14: ("warn", "Ends within 14 days"),
    State.ENDS_IN_3: ("bad", "Ends within 3 days"),
    State.ENDED: ("bad", "Past its end"),
}

blueprint = Blueprint("alerts", __name__, url_prefix=PATH)


def navigation_entry() -> Entry | None:
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    broken = db().scalar(select(AlertTarget.id).where(AlertTarget.broken_at.is_not(None)).limit(1))
    return Entry("Alerts", PATH, here(PATH), "A target takes no alerts" if broken else None)


@blueprint.get("")
@requires(Permission.SYSTEM_CONFIGURE)
def index() -> str:
    return _page(TargetForm(runtime().config))


@blueprint.post("")
@requires(Permission.SYSTEM_CONFIGURE)
def add() -> Response | tuple[str, int]:
    form, session, now = TargetForm(runtime().config), db(), runtime().now()
    if not form.validate() or form.address is None:
        return _page(form), 422
    kind = form.chosen
    try:
        target = targets.add(
            session,
            runtime(),
            kind=kind,
            name=form.name.data or "",
            address=form.address,
            secret=form.typed_secret,
            now=now,
            actor=actor(),
        )
    except targets.TooManyTargets:
        form.name.errors = [f"There are {targets.MOST} targets already. Remove one first."]
        return _page(form), 422
    except KeysUnusable:
        raise _no_keys() from None
    session.commit()
    flash(f"{target.name} was added. Send a test to see that it arrives.", "good")
    if is_unknown_teams_host(kind, target.host):
        flash(
            f"{target.host} is no host that Teams is known to use. A test shows whether it works.",
            "warn",
        )
    return redirect(url_for("alerts.index"), 303)


@blueprint.post("/canary")
@requires(Permission.SYSTEM_CONFIGURE)
def change_canary() -> Response | tuple[str, int]:
    form = CanaryForm()
    if not form.validate():
        return _page(TargetForm(runtime().config, formdata=None), form), 422
    canary.change(
        db(),
        enabled=bool(form.enabled.data),
        mail_to=form.mail_to.data or None,
        now=runtime().now(),
        actor=actor(),
    )
    db().commit()
    flash("Saved.", "good")
    return redirect(url_for("alerts.index"), 303)


@blueprint.post("/<target_id>/test")
@requires(Permission.SYSTEM_CONFIGURE)
def test(target_id: str) -> Response:
    """The request is made here and now, and not tried again; it is counted before it is made."""
    session, live = db(), runtime()
    target, now = _target(target_id), live.now()
    try:
        take(session, TESTS, subject_of("user", str(current_user.id)), now)
    except TooMany as refused:
        session.rollback()
        raise _too_many(refused) from None
    kind = Kind(target.kind)
    said: News | None = None
    if kind is not Kind.PING:
        said = news(
            session,
            live,
            current_summary(),
            Type.TEST,
            code="test",
            text="Somebody pressed the test button. Nothing is wrong because of this message.",
        )
    session.commit()
    answer = ask(live, target, said)
    found = session.get(AlertTarget, target_id, populate_existing=True, with_for_update=True)
    if found is not None:
        targets.note(found, answer, final=is_final(kind, answer), now=live.now())
        session.commit()
    if answer.taken:
        flash(f"{target.name} took the test.", "good")
    else:
        flash(f"{target.name} did not take the test. {answer.words}", "bad")
    return redirect(url_for("alerts.index"), 303)


@blueprint.get("/<target_id>/remove")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_to_remove(target_id: str) -> str:
    return render_template("alerts/remove.html", target=_target(target_id), titles=TITLES)


@blueprint.post("/<target_id>/remove")
@requires(Permission.SYSTEM_CONFIGURE)
def remove(target_id: str) -> Response:
    target = _target(target_id)
    targets.remove(db(), target, now=runtime().now(), actor=actor())
    db().commit()
    flash(f"{target.name} was removed. No alert goes there any more.", "good")
    return redirect(url_for("alerts.index"), 303)


def _target(target_id: str) -> AlertTarget:
    target = db().get(AlertTarget, target_id)
    if target is None:
        raise Refusal(404, *STANDARD[404], PATH, "Back to the alerts")
    return target


def _too_many(refused: TooMany) -> Refusal:
    now = runtime().now()
    return Refusal(
        429,
        "Enough tests for now",
        f"An administrator may send {TESTS.most} tests in 15 minutes.",
        f"The next one can be sent {when(refused.retry_at, now)}.",
        PATH,
        "Back to the alerts",
        headers=retry_after(refused.retry_at, now),
    )


def _no_keys() -> Refusal:
    return Refusal(
        503,
        "The install’s keys cannot be used",
        "An address is stored encrypted, and there is no key to encrypt it with.",
        "Restore the key from its backup and restart; “flask keys doctor” names what needs it.",
        PATH,
        "Back to the alerts",
    )


def _page(form: TargetForm, canary_form: CanaryForm | None = None) -> str:
    session = db()
    looks = canary.row_of(session)
    if canary_form is None:
        canary_form = CanaryForm(
            formdata=None, data={"enabled": looks.enabled, "mail_to": looks.mail_to or ""}
        )
    now = runtime().now()
    messages = session.scalars(
        select(AlertMessage).order_by(AlertMessage.at.desc()).limit(SHOWN)
    ).all()
    return render_template(
        "alerts/index.html",
        form=form,
        targets=targets.everything(session),
        titles=TITLES,
        words_of=words_of,
        incidents=[
            (*_shown(incident), _last_taken(session, incident.id))
            for incident in open_incidents(session)
            if incident.told
        ],
        messages=[(row, News.read(row.facts), _ways(session, row.id)) for row in messages],
        news_titles=NEWS_TITLES,
        suggested=new_secret(),
        canary_form=canary_form,
        looks=looks,
        canary_days=canary_days(session, now, viewer_zone()),
        outcome_of=outcome_of,
        looks_stale=looks.at is not None and looks.version != _version(),
        look_failed=explained(looks.failure, FailureContext()),
        private=runtime().config.alert_private_targets,
        now=now,
    )


def _version() -> int | None:
    active = current_summary().active
    return active.version if active else None


def _shown(incident: AlertIncident) -> tuple[AlertIncident, str, str]:
    known = State(incident.state) if incident.state in set(State) else State.DEGRADED
    return incident, *STATES.get(known, ("warn", "Not as it should be"))


def _last_taken(session: Session, incident_id: str) -> datetime | None:
    """When somebody was last really told of it: alerts are written without any target, too."""
    return session.scalar(
        select(func.max(AlertDelivery.finished_at))
        .join(AlertMessage, AlertMessage.id == AlertDelivery.message_id)
        .where(AlertMessage.incident_id == incident_id, AlertDelivery.state == "sent")
    )


def _ways(session: Session, message_id: str) -> dict[str, int]:
    """How many targets a message reached, waits for, or did not reach."""
    rows = session.execute(
        select(AlertDelivery.state, func.count())
        .where(AlertDelivery.message_id == message_id)
        .group_by(AlertDelivery.state)
    )
    return dict(rows.all())
