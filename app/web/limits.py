"""How much a request may bring: little, except where a file is pasted into a form.

A file that is far too long is then refused beside its field, and what else was typed stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

View = TypeVar("View", bound=Callable[..., Any])

FILES = 4_000_000
"""Octets: a file of a megabyte, as forms encode it."""


def takes_files(view: View) -> View:
    """For views whose form has a field for a file's text."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def init_app(app: Flask) -> None:
    """Has to come before whatever reads forms in a request's beginning."""

    @app.before_request
    def _more_where_files_are_pasted() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if getattr(view, "takes_files", False):
            request.max_content_length = request.max_form_memory_size = FILES
