"""Puts the mailer page together, whatever happened before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.install.service import access_url
from app.mail.oauth.pkce import redirect_problem
from app.mailer.check import longest_check
from app.mailer.configuration import settings_of, stored
from app.mailer.cure import cure_of
from app.mailer.earlier import worked_before
from app.mailer.forms import FORMS, MailerForm
from app.mailer.forms.filling import Kept, data_of
from app.mailer.forms.merging import merged
from app.mailer.forms.signing_in import redirect_address
from app.mailer.in_force import in_force
from app.mailer.models import MailerConfiguration
from app.mailer.providers import DEFAULT, PROVIDERS
from app.mailer.settings import LoginMethod, Settings
from app.mailer.summary import Summary, current_summary
from app.mailer.test_mail import allowance
from app.mailer.tokens.asking import service_of
from app.mailer.views.owned import Owned, form_in_force, owned_now, posted_in_vain
from app.runtime import runtime
from app.web.context import db
from app.web.headers import policy


def _hints(form: MailerForm, row: MailerConfiguration | None) -> dict[str, list[str]]:
    """A notice of its own says already that certificates are not checked."""
    found = form.hints()
    if row is not None and row.ignore_tls_errors:
        found.pop("ignore_tls_errors", None)
    return found


def refused_as_owned() -> Response | None:
    """The page that says so, where this request's form carries what the environment decides."""
    variables = posted_in_vain()
    if not variables:
        return None
    row = stored(db())
    form = fresh_form(chosen_provider(None, row), row)
    return show(form, status=422, refused_owned=variables)


@dataclass(frozen=True)
class Refused:
    """A test that was not sent, and why. ``may_save``: what is typed can be saved and tested."""

    title: str
    text: str
    may_save: bool = False


def chosen_provider(name: str | None, row: MailerConfiguration | None) -> str:
    """The provider whose fields to show: the one asked for, else the stored one."""
    if name in FORMS:
        return str(name)
    return row.provider if row else DEFAULT


def fresh_form(
    provider: str,
    row: MailerConfiguration | None,
    kept: Kept | None = None,
    sender: dict[str, Any] | None = None,
) -> MailerForm:
    """A form filled from what is stored, or this provider's defaults, or what was typed before."""
    owned = owned_now()
    if owned is not None and owned.destination:
        return _sender_alone(owned, row, sender or {})
    version = row.version if row else 0
    if row is not None and row.provider == provider:
        data = data_of(settings_of(row), version)
    else:
        data = data_of(PROVIDERS[provider].defaults(), version)
        if row is not None:
            data |= {"sender_address": row.sender_address, "sender_name": row.sender_name}
    data |= (kept.answers.get(provider) if kept else None) or {}
    data |= sender or {}
    way = request.args.get("login_method")
    if way in PROVIDERS[provider].login_methods:
        data["login_method"] = way
    return FORMS[provider](formdata=None, data=data, **_password_of(row, provider))


def form_of(settings: Settings, row: MailerConfiguration | None) -> MailerForm:
    """A form that holds these settings, to be saved over what is stored."""
    data = data_of(settings, row.version if row else 0)
    return FORMS[settings.provider](
        formdata=None, data=data, **_password_of(row, settings.provider)
    )


def type_into(form: MailerForm, name: str, text: str) -> None:
    """As if that had been typed into this field."""
    form[name].raw_data = [text]
    form[name].process_formdata([text])


def posted_form(row: MailerConfiguration | None) -> MailerForm:
    """The form as it was sent, with what of a version saved meanwhile was chosen; an unknown
    provider is refused beside the choice."""
    owned = owned_now()
    if owned is not None and owned.destination:
        return _sender_alone(owned, row, request.form)
    sent = MultiDict(merged(request.form, settings_of(row) if row else None))
    provider = chosen_provider(sent.get("provider", ""), row)
    if owned is not None and owned.declared.settings is not None:
        for name, value in owned.declared.values.items():
            sent[name] = value
    return FORMS[provider](formdata=sent, **_password_of(row, provider))


def _sender_alone(
    owned: Owned, row: MailerConfiguration | None, typed: Mapping[str, Any]
) -> MailerForm:
    """Of a destination that is the environment's, the page changes no more than the sender."""
    kept = {name: str(typed.get(name, getattr(row, name) or ""))[:400] for name in owned.free}
    form = form_in_force(owned, kept)
    form.version.data = str(typed.get("version", row.version if row else 0))[:10]
    return form


def _password_of(row: MailerConfiguration | None, provider: str) -> dict[str, Any]:
    """What a form has to know about the stored secret: that there is one, in which field it was
    typed, and whose it is."""
    if row is None:
        return {}
    return {
        "stored": row.password_sealed is not None,
        "stored_as": settings_of(row).secret_field,
        "elsewhere": row.provider != provider,
        "key_for": row.client_certificate if row.client_key_sealed else None,
    }


def posted_kept() -> Kept:
    """What was typed for other providers, that of the fields just left included."""
    kept, left = Kept.read(request.form.get("kept"), FORMS), request.form.get("shown", "")
    if left in FORMS:
        kept.remember(FORMS[left](formdata=request.form))
    return kept


def mail_now(row: MailerConfiguration | None) -> dict[str, Any]:
    """What the part of the page that moves by itself is made of."""
    summary = current_summary()
    explanation = summary.current_failure or summary.test_failure
    since = summary.down_since
    owned = owned_now()
    cure, decided = cure_of(explanation, row), owned is not None and owned.destination
    return {
        "summary": summary,
        "row": row,
        "owned": owned,
        "cure": None if cure is None or (owned and owned.owns(cure.field)) else cure,
        "worked_before": worked_before(db()) if _troubled(summary) and not decided else None,
        "impact": runtime().impact(db(), since) if since else None,
        "renewable": len(runtime().renewable(db())) if row else 0,
    }


def _troubled(summary: Summary) -> bool:
    """Whether something in red says that mail does not get through with what is configured."""
    return bool(summary.failing or summary.current_failure or summary.test_failure)


def show(form: MailerForm, *, status: int = 200, **more: Any) -> Response:
    """The page. ``more`` is what just happened: ``check``, ``conflict``, ``refused_test``,
    ``too_many_tests``, ``provider_error``; and ``kept`` where it is not the posted one.
    """
    session, live = db(), runtime()
    row = in_force(session, live)
    now, base = live.now(), access_url(session, live.config)
    mine = row if row is not None and row.provider == form.provider_value else None
    form.beside(base, mine, settled=mine is not None and current_summary().token.in_order)
    kept = more.pop("kept", None) or posted_kept()
    body = render_template(
        "mailer/page.html",
        **mail_now(row),
        form=form,
        provider=form.provider,
        providers=[
            {"value": p.value, "title": p.title, "text": p.summary} for p in PROVIDERS.values()
        ],
        kept=str(kept),
        longest=longest_check(form.answers()),
        hints=_hints(form, row),
        tests=allowance(session, user_id=int(current_user.id), now=now),
        access_url=base,
        redirect_problem=redirect_problem(redirect_address(base)) if base else None,
        signs_in_at=PROVIDERS[row.provider].title if row else None,
        now=now,
        **more,
    )
    response = make_response(body, status)
    if row is not None and settings_of(row).login_method == LoginMethod.PERSON:
        # The answer to the button "Connect" leads there, which browsers hold to the policy.
        there = urlsplit(service_of(settings_of(row), live.config).authorize)
        response.headers["Content-Security-Policy"] = policy(f"{there.scheme}://{there.netloc}")
    return response
