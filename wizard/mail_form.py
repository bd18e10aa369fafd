"""Which provider's form the mail step shows, and what stands in it."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict

from app.mailer.forms import FORMS, MailerForm
from app.mailer.forms.filling import SHARED, Kept, data_of
from app.mailer.forms.merging import merged
from app.mailer.providers import DEFAULT, PROVIDERS
from wizard import mail_answer
from wizard.draft import Draft
from wizard.guess import guess_sender

GUESSED = "Guessed from your own address. The relay must let this server send as it."


def provider_asked(request: Request, draft: Draft) -> str:
    """The provider of the form that was sent, of the address, of the draft, or the usual one.

    A provider nobody knows is returned as it is in a sent form: the view refuses it.
    """
    sent = _answers(request, draft).get("provider")
    if sent is not None:
        return sent
    asked = request.args.get("provider", "")
    if asked in FORMS:
        return asked
    settings = mail_answer.settings_of(draft)
    return settings.provider if settings else DEFAULT


def password_waits(draft: Draft, provider: str) -> bool:
    """Whether the draft holds a password that a blank field of this form would keep."""
    settings = mail_answer.settings_of(draft)
    same = settings is not None and settings.provider == provider
    return same and draft.sealed_mail_password is not None


def _secret(draft: Draft, provider: str) -> dict[str, Any]:
    """What a form has to know about the secret that waits: that there is one, and in which field
    it was typed."""
    settings = mail_answer.settings_of(draft)
    typed_in = settings.secret_field if settings else None
    waiting = settings.client_certificate if settings and draft.sealed_client_key else None
    same = settings is not None and settings.provider == provider
    return {
        "stored": password_waits(draft, provider),
        "stored_as": typed_in,
        "key_for": waiting if same else None,
    }


def shown(draft: Draft, provider: str, way: str | None = None) -> MailerForm:
    """The form of a page that is opened. ``way``: the login method that its address asks for."""
    settings = mail_answer.settings_of(draft)
    if settings is None or settings.provider != provider:
        data = data_of(PROVIDERS[provider].defaults(), 0)
        data |= (
            _sender(draft, provider)
            if settings is None
            else {n: getattr(settings, n) for n in SHARED}
        )
    else:
        data = data_of(settings, 0)
    if way in PROVIDERS[provider].login_methods:
        data["login_method"] = way
    return FORMS[provider](formdata=None, data=data, **_secret(draft, provider))


def sent(request: Request, draft: Draft, provider: str) -> MailerForm:
    """The form as it was sent, with what of an answer given meanwhile was chosen."""
    return FORMS[provider](formdata=_answers(request, draft), **_secret(draft, provider))


def _answers(request: Request, draft: Draft) -> MultiDict[str, str]:
    """What was sent, with what of another browser's answer was chosen."""
    return merged(request.form, mail_answer.settings_of(draft))


def switched(request: Request, draft: Draft, provider: str, kept: Kept) -> MailerForm:
    """Another provider's form: the sender goes along, the rest comes back as it was typed."""
    data: dict[str, Any] = data_of(PROVIDERS[provider].defaults(), 0)
    settings = mail_answer.settings_of(draft)
    if settings is not None and settings.provider == provider:
        data = data_of(settings, 0)
    data |= kept.answers.get(provider, {})
    data |= {name: request.form.get(name, "")[:320] for name in SHARED}
    return FORMS[provider](formdata=None, data=data, **_secret(draft, provider))


def hints(draft: Draft, form: MailerForm) -> dict[str, list[str]]:
    """The form's own, and that a sender nobody typed was guessed."""
    found = form.hints()
    opened = form.sender_address.raw_data is None and mail_answer.settings_of(draft) is None
    if opened and form.sender_address.data == _guess(draft, form.provider_value):
        found.setdefault("sender_address", []).append(GUESSED)
    return found


def _sender(draft: Draft, provider: str) -> dict[str, str]:
    """Mail that names the organization and comes from its domain is recognised."""
    guess = _guess(draft, provider)
    return {"sender_name": draft.organization_name or "", "sender_address": guess or ""}


def _guess(draft: Draft, provider: str) -> str | None:
    """Where mail is sent as the mailbox that logs in, only its owner can know which one that is."""
    return None if PROVIDERS[provider].sends_as_login else guess_sender(draft.email)
