"""Finds the fields of a provider's form: the template ``fields.html`` in its folder."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from jinja2 import BaseLoader, Environment, TemplateNotFound

from app.mailer.providers import PROVIDERS

_PREFIX, _SUFFIX = "providers/", ".html"


class FieldsLoader(BaseLoader):
    """Templates by the name ``providers/<value>.html``, of the providers there are.

    The ending matters: Flask escapes what is put into templates with it, and into no others.
    """

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        value = template.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        if template != f"{_PREFIX}{value}{_SUFFIX}" or value not in PROVIDERS:
            raise TemplateNotFound(template)
        source = files(PROVIDERS[value].folder) / "fields.html"
        return source.read_text(encoding="utf-8"), str(source), None
