"""Finds the fields of a provider's form: the templates in its folder, ``fields.html`` first."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files

from jinja2 import BaseLoader, Environment, TemplateNotFound

from app.mailer.providers import PROVIDERS

_NAME = re.compile(r"providers/([a-z0-9]+)(?:/([a-z_]+))?\.html")


class FieldsLoader(BaseLoader):
    """Templates of the providers there are: ``providers/<value>.html`` is ``fields.html`` in the
    folder, ``providers/<value>/<part>.html`` another one beside it.

    The ending matters: Flask escapes what is put into templates with it, and into no others.
    """

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        named = _NAME.fullmatch(template)
        if named is None or named[1] not in PROVIDERS:
            raise TemplateNotFound(template)
        source = files(PROVIDERS[named[1]].folder) / f"{named[2] or 'fields'}.html"
        if not source.is_file():
            raise TemplateNotFound(template)
        return source.read_text(encoding="utf-8"), str(source), None
