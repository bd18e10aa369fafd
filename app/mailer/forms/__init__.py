"""The forms, one per provider. A new provider adds one line here."""

from __future__ import annotations

from app.mailer.forms.base import MailerForm
from app.mailer.forms.console import ConsoleForm
from app.mailer.forms.microsoft365 import Microsoft365Form
from app.mailer.forms.ses import SesForm
from app.mailer.forms.smtp import SmtpForm

FORMS: dict[str, type[MailerForm]] = {
    form.provider_value: form for form in (SmtpForm, Microsoft365Form, SesForm, ConsoleForm)
}

__all__ = ["FORMS", "MailerForm"]
