"""The form in which an error text is pasted."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.mail.phases import Phase
from app.mailer.providers import PROVIDERS
from app.web.fields import Filled, TextLength

MAXIMUM = 20_000

PHASES = {
    "": "I do not know",
    Phase.DNS: "Looking up the name",
    Phase.CONNECT: "Connecting",
    Phase.TLS: "Encryption",
    Phase.GREETING: "Greeting",
    Phase.AUTH: "Login",
    Phase.MAIL_FROM: "Sender",
    Phase.RCPT_TO: "Recipient",
    Phase.DATA: "The message itself",
}


class ExplainForm(FlaskForm):
    """Nothing of it is stored."""

    text = TextAreaField("Error text", [Filled("Paste the error first."), TextLength(MAXIMUM)])
    phase = SelectField(
        "Step in which it came",
        choices=[SelectChoice(str(value), label) for value, label in PHASES.items()],
        default="",
    )
    provider = SelectField("Provider", default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relays = [SelectChoice(p.value, p.title) for p in PROVIDERS.values() if p.uses_network]
        self.provider.choices = [SelectChoice("", "Another, or I do not know"), *relays]

    @property
    def known_phase(self) -> Phase | None:
        return Phase(self.phase.data) if self.phase.data else None
