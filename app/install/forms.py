"""The form of the access URL, the same in the wizard and in the console."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, ValidationError

from app.install.access_url import MAXIMUM, AccessUrl, AccessUrlRefused, parse_access_url
from app.web.fields import LineField, ZoneField


class AccessUrlForm(FlaskForm):
    """After :meth:`validate`, ``parsed`` holds what the field means."""

    access_url = LineField("Access URL", render_kw={"maxlength": MAXIMUM, "inputmode": "url"})
    version = HiddenField()

    parsed: AccessUrl

    def validate_access_url(self, field: Field) -> None:
        if field.errors:
            return
        try:
            self.parsed = parse_access_url(field.data or "")
        except AccessUrlRefused as refused:
            raise ValidationError(str(refused)) from None

    def edited_version(self) -> int | None:
        """The version this page was opened with; ``None`` from a script that sends none.

        Garbage counts as 0, which is never current.
        """
        if not self.version.raw_data:
            return None
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class ZoneForm(FlaskForm):
    """The zone of everybody who chose none."""

    time_zone = ZoneField("Time zone", none="None chosen")
