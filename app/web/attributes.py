"""Attributes of a form's controls, written in a tenth of the time that WTForms takes.

A settings page has two dozen controls, and WTForms runs a template of its own for each attribute.
"""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import Field
from wtforms.widgets.core import clean_key  # type: ignore[attr-defined]  # not in its stubs

# Markup may hold it, as text.
_QUOTE, _QUOTED = Markup('"'), Markup("&quot;")


def attributes(**values: object) -> Markup:
    """What ``wtforms.widgets.html_params`` gives for the same values."""
    written = []
    for name, value in sorted(values.items()):
        if value is True:
            written.append(clean_key(name))
        elif value is not False:
            text = escape(value).replace(_QUOTE, _QUOTED)
            written.append(f'{clean_key(name)}="{text}"')
    return Markup(" ".join(written))  # noqa: S704 - values are escaped, names are our own


class QuickMeta(FlaskForm.Meta):  # type: ignore[misc]  # FlaskForm has no types
    """For a form's ``Meta``."""

    def render_field(self, field: Field, render_kw: dict[str, Any]) -> Markup:
        field.widget.html_params = attributes  # type: ignore[attr-defined]
        rendered: Markup = super().render_field(field, render_kw)
        return rendered
