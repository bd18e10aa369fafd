"""Walks the wizard the way a browser does: each page is opened, its form is sent."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.runtime import EXTENSION
from tests.factories import PASSWORD, csrf_of

ACCESS_URL = {"access_url": "https://hr.acme.test"}
ADMINISTRATOR = {
    "organization_name": "Acme",
    "name": "Alice Admin",
    "email": "alice@acme.test",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
}


def token_of(app: Flask) -> str:
    """The setup token as it stands in its file."""
    text: str = app.extensions[EXTENSION].config.setup_token_file.read_text()
    return text.strip()


def hidden_in(page: TestResponse) -> dict[str, str]:
    """What the form of a page sends along by itself."""
    found = {"csrf_token": csrf_of(page.data)}
    for name in ("opened", "reviewed"):
        mark = re.search(rf'name="{name}" value="([^"]*)"', page.text)
        if mark is not None:
            found[name] = mark[1]
    return found


class Walk:
    """One browser in front of the wizard."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def send(self, path: str, data: dict[str, Any], **more: Any) -> TestResponse:
        """Open a page and send its form."""
        page = self.client.get(path, **more)
        assert page.status_code == 200, (path, page.status, page.location)
        return self.client.post(path, data={**hidden_in(page), **data}, **more)

    def answer(self, page: TestResponse, path: str, data: dict[str, Any]) -> TestResponse:
        """Send the form of a page that was opened some time ago."""
        return self.client.post(path, data={**hidden_in(page), **data})

    def begin(self) -> Walk:
        answer = self.send("/setup", {"setup_token": token_of(self.app)})
        assert answer.status_code == 303, answer.text
        return self

    def to_mail(self, **changes: str) -> Walk:
        """Answer everything that comes before mail."""
        self.begin()
        for path, data in (("access-url", ACCESS_URL), ("administrator", ADMINISTRATOR)):
            answer = self.send(f"/setup/{path}", {**data, **changes})
            assert answer.status_code == 303, answer.text
        return self

    def to_review(self) -> Walk:
        """Answer everything and put mail off."""
        self.to_mail()
        answer = self.send("/setup/mail", {"action": "defer"})
        assert answer.status_code == 303, answer.text
        return self

    def finish(self) -> TestResponse:
        return self.send("/setup/review", {"finish": "yes"})
