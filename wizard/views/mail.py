"""Mail: one of the providers now, or later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.mailer.check import Check, longest_check, run_check
from app.mailer.configuration import why_type_again
from app.mailer.forms import FORMS, PROVIDER_UNKNOWN, MailerForm
from app.mailer.forms.filling import Kept
from app.mailer.forms.merging import Conflict, differences, typed_secrets
from app.mailer.providers import DEFAULT, PROVIDERS
from app.mailer.tokens.source import check_tokens
from app.mailer.views import streaming
from app.mailer.views.checking import fill, use_suggestion
from app.runtime import runtime
from app.web.context import db
from app.web.limits import takes_files
from wizard import by_environment, mail_answer, mail_check, mail_form, meanwhile
from wizard import draft as drafts
from wizard.draft import Draft
from wizard.guards import step
from wizard.mail_check import ChangedMeanwhile
from wizard.meanwhile import Mark
from wizard.steps import mail_is_decided, next_step, stepper
from wizard.views import blueprint

KEYS_MISSING = (
    "The password cannot be kept, because the install's keys cannot be used ({problem})"
    " Have the operator run keys doctor on the server, or set mail up later."
)
UNREADABLE = "The password that was typed before cannot be read any more. Type it again."
CHANGED_MEANWHILE = (
    "Somebody answered this step in another browser meanwhile, so the password that waits may be"
    " for another relay. Type it again."
)
ACTIONS = ("save", "save_anyway", "check", "defer", "switch", "preset")


@blueprint.route("/mail", methods=["GET", "POST"])
@takes_files
@step
def mail(draft: Draft) -> Response:
    if mail_is_decided():
        return by_environment.step(draft)
    provider = mail_form.provider_asked(request, draft)
    if request.method == "GET":
        way = request.args.get("login_method")
        return _page(draft, mail_form.shown(draft, provider, way))
    # The button under a failed check, "try it with port 465", has only its own name.
    pressed = {"use", "fill"} & set(request.form)
    action = request.form.get("action", "check" if pressed else "save")
    if action == "defer":
        return _defer()
    if provider not in FORMS or action not in ACTIONS:
        form = mail_form.shown(draft, DEFAULT)
        return _page(draft, form, 422, provider_error=PROVIDER_UNKNOWN)
    if action in {"switch", "preset"}:
        return _switch(draft, provider)
    form = mail_form.sent(request, draft, provider)
    use_suggestion(form)
    fill(form)
    if form.validate() and Mark.read(request.form).too_late(draft, "mail"):
        both = _conflict(draft, form)
        if both is not None:
            return _page(draft, form, 409, conflict=both)
    if form.errors or not _password_fits(draft, form):
        return _page(draft, form, 422)
    return _in_words(draft, form, partial(_go_on, draft, form, action))


def _go_on(draft: Draft, form: MailerForm, action: str) -> Response:
    if action != "save_anyway":
        return _check(draft, form, saves=action == "save")
    return _redirect(_keep(draft, form, choice="configure"))


def _in_words(draft: Draft, form: MailerForm, work: Callable[[], Response]) -> Response:
    """What ``work`` answers, or the form with what kept it from its end beside the secret."""
    try:
        return work()
    except KeysUnusable as broken:
        refusal = KEYS_MISSING.format(problem=broken)
    except SealBroken:
        refusal = UNREADABLE
    except (ChangedMeanwhile, drafts.Overtaken):
        db().rollback()
        return _both(form)
    db().rollback()
    form.refuse(_secret_of(form), refusal)
    return _page(draft, form, 422)


def _redirect(draft: Draft) -> Response:
    return redirect(url_for(next_step(draft).endpoint), 303)


def _both(form: MailerForm) -> Response:
    """The answer of another browser beside this one's, and the choice."""
    draft = drafts.load(db())
    if form.stored and form.password_change().keeps:
        form.refuse(_secret_of(form), CHANGED_MEANWHILE)
    return _page(draft, form, 409, conflict=_conflict(draft, form) or Conflict(()))


def _conflict(draft: Draft, form: MailerForm) -> Conflict | None:
    """What another page answered, where that is not what this one says."""
    rows = differences(form, mail_answer.settings_of(draft))
    typed, put_off = typed_secrets(form), draft.mail_choice == "defer"
    if not rows and not typed and not put_off:
        return None
    return Conflict(rows, retype=typed, said=meanwhile.PUT_OFF if put_off else meanwhile.SAID)


def _secret_of(form: MailerForm) -> str:
    """The field beside which something is said about the secret that waits."""
    return form.answers().secret_field or "login_method"


def _password_fits(draft: Draft, form: MailerForm) -> bool:
    """A password from before is only kept for the destination it was typed for."""
    refusal = why_type_again(
        mail_answer.settings_of(draft), form.stored, form.answers(), form.password_change()
    )
    if refusal:
        form.refuse(_secret_of(form), refusal)
    return refusal is None


def _check(draft: Draft, form: MailerForm, *, saves: bool) -> Response:
    """Try what is typed, step by step; nothing is sent. A save goes on when it passed.

    The draft keeps what was typed, the password sealed, so that it need not be typed again to
    go on. It does not count as the answer before it is saved.
    """
    change = form.password_change()
    kept = None
    if form.stored and change.keeps and mail_answer.is_for(draft, form.answers()):
        kept = mail_answer.password_of(draft, runtime())
    client_key = mail_answer.usable_key(runtime(), draft, form.answers(), form.client_key_change())
    waits = True
    key_typed = form.client_key_change().typed is not None
    if not change.keeps or key_typed or form.answers() != mail_answer.settings_of(draft):
        try:
            draft = _keep(draft, form, choice=None)
        except KeysUnusable:
            if saves:
                raise
            db().rollback()  # then it has to be typed again, and the check goes on
            waits = False
    secret = change.typed or kept
    job = partial(
        run_check,
        form.answers(),
        secret,
        client_key=client_key,
        tokens=check_tokens(runtime(), form.answers(), change, secret),
        access_host=urlsplit(draft.access_url or "").hostname,
        recipient=draft.email or "",
    )

    def checked(found: Check) -> Response:
        return _in_words(draft, form, partial(_checked, draft, form, found, saves, waits))

    return streaming.answer(job, checked)


def _checked(draft: Draft, form: MailerForm, found: Check, saves: bool, waits: bool) -> Response:
    """``waits``: the draft keeps what was typed."""
    if waits:
        draft = _record(draft, found, saves=saves)
    if saves and found.ok:
        return _redirect(draft)
    form.stored = mail_form.password_waits(draft, form.provider_value)
    form.stored_as = form.answers().secret_field
    form.key_for = form.answers().client_certificate if waits else form.key_for
    return _page(
        draft,
        form,
        422 if saves else 200,
        check=replace(found, about=_about(found, waits=waits)),
        refused_save=saves,
        may_save_anyway=waits and not found.ok,
    )


def _record(draft: Draft, found: Check, *, saves: bool) -> Draft:
    """Keep what the check said; without a save another answer may have overtaken it."""
    session = db()
    try:
        draft = mail_check.record(session, draft, found, now=runtime().now(), chosen=saves)
    except ChangedMeanwhile:
        if saves:
            raise
        session.rollback()
        return draft
    session.commit()
    return draft


def _about(found: Check, *, waits: bool) -> str:
    where = f"{found.about.partition(',')[0]}, what is typed below. " if found.steps else ""
    kept = "What you typed waits here, the password encrypted." if waits else ""
    return f"{where}No mail was sent. {kept}".strip()


def _keep(draft: Draft, form: MailerForm, *, choice: str | None) -> Draft:
    """Put what was typed into the draft, its password sealed.

    Raises ``KeysUnusable``, and :class:`ChangedMeanwhile` when the password that is kept came
    into the draft after the form was compared with it: it belongs to whatever was typed there.
    """
    change, session = form.password_change(), db()
    held = drafts.lock(session)
    kept = form.stored and change.keeps
    if kept and (held.mail, held.sealed_mail_password) != (draft.mail, draft.sealed_mail_password):
        raise ChangedMeanwhile
    answers: dict[str, Any] = {
        "mail": mail_answer.as_answers(form.answers()),
        "mail_choice": choice,
    }
    if change.typed is not None:
        answers["sealed_mail_password"] = mail_answer.seal(runtime(), change.typed, form.answers())
    elif change.remove or not form.stored or not mail_answer.is_for(held, form.answers()):
        answers["sealed_mail_password"] = None
    else:
        answers["sealed_mail_password"] = mail_answer.sealed_for(runtime(), held, form.answers())
    sealed_key = mail_answer.key_sealed_for(
        runtime(), held, form.answers(), form.client_key_change()
    )
    if form.answers().client_certificate and sealed_key is None:
        raise ChangedMeanwhile  # the one that was to be kept is gone
    answers["sealed_client_key"] = sealed_key
    mark = Mark.read(request.form)
    draft = drafts.answer(session, "mail", mark, now=runtime().now(), **answers)
    session.commit()
    return draft


def _defer() -> Response:
    session = db()
    try:
        draft = drafts.answer(
            session,
            "mail",
            Mark.read(request.form),
            now=runtime().now(),
            mail_choice="defer",
            mail={},
            mail_check=None,
            mail_test=None,
            sealed_mail_password=None,
            sealed_client_key=None,
        )
    except drafts.Overtaken:
        session.rollback()
        draft = drafts.load(session)
        settings = mail_answer.settings_of(draft)
        shown = mail_form.shown(draft, settings.provider if settings else DEFAULT)
        return _page(draft, shown, 409, answered=mail_answer.in_short(draft))
    session.commit()
    return redirect(url_for(next_step(draft).endpoint), 303)


def _switch(draft: Draft, provider: str) -> Response:
    """Show another provider's fields; what was typed for this one travels along."""
    kept = Kept.read(request.form.get("kept"), FORMS)
    before = request.form.get("shown", "")
    if before in FORMS:
        kept.remember(mail_form.sent(request, draft, before))
    if request.form.get("action") == "preset":
        kept.fill_in(mail_form.sent(request, draft, provider), request.form.get("preset"))
    return _page(draft, mail_form.switched(request, draft, provider, kept), kept=kept)


def _page(
    draft: Draft,
    form: MailerForm,
    status: int = 200,
    *,
    kept: Kept | None = None,
    **more: Any,
) -> Response:
    form.beside(draft.access_url, in_setup=True)
    # A page that is shown once more keeps its mark, unless what it missed stands on it now.
    mark = Mark.read(request.form)
    if not mark.sent or status == 409:
        mark = Mark.of(draft, "mail")
    body = render_template(
        "wizard/mail.html",
        form=form,
        draft=draft,
        steps=stepper(draft, "wizard.mail"),
        providers=[
            {"value": p.value, "title": p.title, "text": p.summary} for p in PROVIDERS.values()
        ],
        kept=str(kept or Kept.read(request.form.get("kept"), FORMS)),
        hints=mail_form.hints(draft, form),
        longest=longest_check(form.answers()),
        opened=mark,
        **more,
    )
    return make_response(body, status)
