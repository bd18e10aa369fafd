"""The form for Amazon SES."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from wtforms import Field, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.mailer.forms.base import NetworkForm
from app.mailer.forms.fields import ValidHost
from app.mailer.providers.ses.regions import OTHER, REGIONS, SHAPE, host_of, region_in
from app.mailer.settings import Settings
from app.web.fields import LineField, TextLength

MAXIMUM_REGION = 32


class ValidRegion:
    """Something shaped like a region. Whether it has an endpoint is the provider's to say."""

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data:
            raise ValidationError("Choose the region that SES is set up in.")
        if len(field.data) > MAXIMUM_REGION:
            raise ValidationError(f"Use at most {MAXIMUM_REGION} characters.")
        if field.data != OTHER and not SHAPE.fullmatch(field.data):
            raise ValidationError("A region is written like eu-west-1.")


class Form(NetworkForm):
    provider_value = "ses"
    remembered: ClassVar[tuple[str, ...]] = (*NetworkForm.remembered, "region")

    on_page: ClassVar[tuple[str, ...]] = (
        *("sender_address", "sender_name", "region", "username", "password"),
        *("host", "port", "connection_timeout", "ehlo_name", "remove_password"),
    )

    region = SelectField("Region", [ValidRegion()], validate_choice=False)
    host = LineField("Host", [TextLength(253), ValidHost(required=False)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions = [SelectChoice(code, f"{name}, {code}") for code, name in REGIONS.items()]
        chosen = self.region.data
        if chosen and chosen != OTHER and chosen not in REGIONS and SHAPE.fullmatch(chosen):
            regions.append(SelectChoice(chosen))
        self.region.choices = [
            SelectChoice("", "Choose a region"),
            *regions,
            SelectChoice(OTHER, "Another region: type its host below"),
        ]

    def answers(self) -> Settings:
        host = self.host.data or None
        region = self.region.data or None
        if region == OTHER and host:
            region = region_in(host) or OTHER
        if region in REGIONS and host == host_of(region):
            host = None
        return replace(super().answers(), host=host, region=region)

    @property
    def derived_host(self) -> str:
        """What the chosen region leads to, for the page."""
        region = self.region.data or ""
        return host_of(region) if region and region != OTHER and SHAPE.fullmatch(region) else ""
