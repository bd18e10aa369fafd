"""System → Mailer: looking, switching provider, saving, resuming.

Where two administrators edited at once, it shows both versions and lets the second choose.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.crypto.keys import KeysUnusable
from app.mailer import health
from app.mailer.configuration import (
    Saved,
    StaleConfiguration,
    settings_of,
    stored,
    why_type_again,
)
from app.mailer.configuration import (
    save as save_configuration,
)
from app.mailer.declared import Given
from app.mailer.forms import FORMS, PROVIDER_UNKNOWN, MailerForm
from app.mailer.forms.filling import SHARED
from app.mailer.forms.merging import Conflict, differences, typed_secrets
from app.mailer.forms.signing_in import END_DROPPED
from app.mailer.models import MailerConfiguration, MailerVersion
from app.mailer.providers import Provider, provider_of
from app.mailer.settings import KEEP, LoginMethod, Settings
from app.mailer.snapshots import settings_in
from app.mailer.tokens.status import token_status
from app.mailer.views import blueprint
from app.mailer.views.owned import Owned, owned_now
from app.mailer.views.page import (
    chosen_provider,
    fresh_form,
    posted_form,
    posted_kept,
    refused_as_owned,
    show,
)
from app.runtime import runtime
from app.web.context import actor, db
from app.web.guards import Permission, requires
from app.web.limits import takes_files
from app.web.times import exact
from app.web.viewer import viewer_zone

KEYS_MISSING = (
    "The password cannot be stored, because the install’s keys cannot be used. Restore them from"
    " their backup; nothing was saved."
)


@blueprint.get("")
@requires(Permission.SYSTEM_CONFIGURE)
def page() -> Response:
    """The page as it stands, or with another provider's empty fields (``?provider=``)."""
    row = stored(db())
    return show(fresh_form(chosen_provider(request.args.get("provider"), row), row))


@blueprint.post("")
@takes_files
@requires(Permission.SYSTEM_CONFIGURE)
def save() -> AnyResponse:
    """Save what was typed, or show another provider's fields (``action=switch``)."""
    if request.form.get("action") in {"switch", "preset"}:
        return switch()
    return save_posted() or redirect(url_for("mailer.page"), 303)


def save_posted(*, test_follows: bool = False) -> AnyResponse | None:
    """Save the form as it was sent; the page that says why not, where it cannot be."""
    refused = refused_as_owned()
    if refused is not None:
        return refused
    row, owned = stored(db()), owned_now()
    if owned is not None and owned.destination:
        return _save_sender(owned, row)
    if request.form.get("provider") not in FORMS:
        return show(posted_form(row), status=422, provider_error=PROVIDER_UNKNOWN)
    form = posted_form(row)
    if not form.validate():
        return show(form, status=422)
    if form.expected_version != (row.version if row else 0):
        return conflict(form, row)
    if refuse_stored_password(form, row):
        return show(form, status=422)
    return keep(form, test_follows=test_follows)


def _save_sender(owned: Owned, row: MailerConfiguration | None) -> AnyResponse | None:
    """Of a destination that is the environment's, no more than the sender is saved: beside the
    stored destination, which stays as it is, and so does its secret."""
    form = posted_form(row)
    if row is None or not owned.free:
        return show(form, status=422, refused_owned=[g.variable for g in _given(owned)])
    if not form.validate():
        return show(form, status=422)
    if form.expected_version != row.version:
        return conflict(form, row)
    answers, session = form.answers(), db()
    sender = {name: getattr(answers, name) for name in owned.free}
    try:
        done = save_configuration(
            session,
            runtime().box,
            settings=replace(settings_of(row), **sender),
            password=KEEP,
            version=row.version,
            now=runtime().now(),
            actor=actor(),
        )
    except StaleConfiguration:
        session.rollback()
        return conflict(form, stored(session))
    session.commit()
    runtime().wake_worker()
    words = "Saved." if done.changed else "Nothing to save: this is the sender already."
    flash(words, "good" if done.changed else "quiet")
    return None


def _given(owned: Owned) -> list[Given]:
    return list(owned.declared.given.values())


def keep(
    form: MailerForm,
    *,
    checked: bool = False,
    test_follows: bool = False,
    restores: MailerVersion | None = None,
) -> AnyResponse | None:
    """Save a form that passed, commit and say so; the page that refuses, where it cannot.

    ``checked``: the connection was checked a moment ago, with exactly these answers.
    ``test_follows``: nobody has to be asked for a test any more. ``restores``: the earlier
    configuration that the form holds.
    """
    session = db()
    try:
        done = save_configuration(
            session,
            runtime().box,
            settings=_as_stored(form.answers()),
            password=form.password_change(),
            client_key=form.client_key_change(),
            version=form.expected_version or 0,
            now=runtime().now(),
            actor=actor(),
            restores=restores,
        )
    except StaleConfiguration:
        session.rollback()
        return conflict(form, stored(session))
    except KeysUnusable:  # a notice on every page tells which key is missing
        session.rollback()
        form.refuse(form.answers().secret_field or "login_method", KEYS_MISSING)
        return show(form, status=422)
    mailed = _mail_what_waited(session) if done.delivers_first else []
    session.commit()
    if done.changed:
        runtime().wake_worker()
    still = _still_to_do(session, done, form)
    begin = "Checked and saved." if checked else "Saved."
    if restores is not None:
        begin = f"The configuration of {exact(restores.saved_at, viewer_zone())} is in force again."
    provider = provider_of(form.answers())
    flash(*_told(done, mailed, provider, begin=begin, asks=not test_follows, still=still))
    if form.dropped_end:
        flash(END_DROPPED, "warn")
    return None


def _as_stored(answers: Settings) -> Settings:
    """The answers, with what is stored for a sender that the environment owns."""
    row, owned = stored(db()), owned_now()
    if row is None or owned is None:
        return answers
    return replace(answers, **{n: getattr(row, n) for n in SHARED if owned.owns(n)})


def switch() -> Response:
    """Another provider's fields, or those of a chosen service; what was typed comes back."""
    refused = refused_as_owned()
    if refused is not None:
        return refused
    row, kept = stored(db()), posted_kept()
    sender = {name: request.form.get(name, "")[:400] for name in SHARED if name in request.form}
    wanted = request.form.get("provider", "")
    if wanted not in FORMS:
        return show(posted_form(row), status=422, provider_error=PROVIDER_UNKNOWN)
    if request.form.get("action") == "preset":
        kept.fill_in(posted_form(row), request.form.get("preset"))
    form = fresh_form(wanted, row, kept, sender)
    if "version" in request.form:
        form.version.data = request.form["version"][:10]
    return show(form, kept=kept)


@blueprint.post("/resume")
@requires(Permission.SYSTEM_CONFIGURE)
def resume() -> AnyResponse:
    """End a pause by hand, without a change."""
    session = db()
    if health.resume(session, now=runtime().now(), actor=actor()):
        session.commit()
        runtime().wake_worker()
        flash("Sending has resumed. What waited goes out now, oldest first.", "good")
    else:
        flash("Mail was not paused.", "quiet")
    return redirect(url_for("mailer.page"), 303)


def conflict(form: MailerForm, row: MailerConfiguration | None) -> Response:
    """Somebody saved in between: both versions of each field, and the choice."""
    session, base = db(), None
    note = session.get(MailerVersion, form.expected_version or 0)
    if note is not None:
        base = settings_in(note)
    found = Conflict(
        differences(form, settings_of(row) if row else None, base),
        by=row.updated_by if row else "",
        at=row.updated_at if row else None,
        own=row is not None and row.updated_by_id == int(current_user.id),
        retype=typed_secrets(form),
    )
    form.version.data = str(row.version if row else 0)
    return show(form, status=409, conflict=found)


def refuse_stored_password(form: MailerForm, row: MailerConfiguration | None) -> bool:
    """Whether the stored password would leave for somewhere else; says so beside its field."""
    why = why_type_again(
        settings_of(row) if row else None,
        bool(row and row.password_sealed),
        form.answers(),
        form.password_change(),
    )
    if why:
        form.refuse(form.answers().secret_field or "login_method", why)
    return why is not None


def _mail_what_waited(session: Session) -> list[str]:
    """What could not be mailed before: administrators who wait for a link to verify."""
    return [to for mail in runtime().once_mail_delivers for to in mail(session, runtime())]


TEST_NEXT = "test"
"""The second word of a message's category: the button that its text asks for stands beside it."""


def _still_to_do(session: Session, done: Saved, form: MailerForm) -> str | None:
    """What keeps mail until a person has done it, in words; ``None`` for nothing."""
    if done.new_certificate:
        return (
            "Its key was made. Download the certificate below and upload it: mail waits for that."
        )
    if not token_status(session, runtime()).needs_person:
        return None
    if form.answers().login_method == LoginMethod.DEVICE:
        return "Nobody has signed in yet, and mail waits for that: press “Get a code” below."
    return "Nobody has signed in yet, and mail waits for that: press “Connect” below."


def _told(
    done: Saved,
    mailed: list[str],
    provider: Provider,
    *,
    begin: str,
    asks: bool,
    still: str | None = None,
) -> tuple[str, str]:
    level = "good"
    if not done.changed:
        return "Nothing to save: this is the configuration already.", "quiet"
    if still is not None:
        return f"{begin} {still}", level
    text = begin
    if not provider.delivers:
        text += " Nothing arrives anywhere with it: each mail becomes one line in Novantra’s log."
    elif done.created:
        text += " Mail is set up."
    if done.resumed:
        text += " Sending has resumed; what waited goes out now, oldest first."
    elif done.still_paused:
        text += " Mail stays paused until somebody resumes it."
    elif provider.delivers and asks:
        text += " Send a test email to see it arrive."
        level = f"good {TEST_NEXT}"
    if mailed:
        to = mailed[0] if len(mailed) == 1 else f"{', '.join(mailed[:-1])} and {mailed[-1]}"
        text += f" The link that verifies an address goes to {to} by itself."
    return text, level
