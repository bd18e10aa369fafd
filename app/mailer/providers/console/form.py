"""The form for the console provider: a sender and nothing else."""

from __future__ import annotations

from app.mailer.forms.base import MailerForm


class Form(MailerForm):
    provider_value = "console"
