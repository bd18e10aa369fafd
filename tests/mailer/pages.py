"""The mailer page as a browser without JavaScript sees it: fields, facts, messages."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.smtpd import Relay

PATH = "/admin/system/mailer"
CHECKED = "y"


class _Form(HTMLParser):
    """What a browser would send of the form with that id, no button pressed."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self._form_id = form_id
        self._inside = False
        self._select: str | None = None
        self._area: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("id") == self._form_id
        if not self._inside:
            return
        name, value = given.get("name"), given.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._area = name
            self.fields[name] = ""
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self.fields:
                self.fields[self._select] = value
        elif tag == "input" and name:
            if given.get("type") in {"checkbox", "radio"}:
                if "checked" in given:
                    self.fields[name] = value or "on"
            else:
                self.fields[name] = value

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.fields[self._area] = self.fields[self._area].removeprefix("\r").removeprefix("\n")
            self._area = None
        if tag == "form":
            self._inside = False
        if tag == "select":
            self._select = None


class Page:
    """One answer of the server."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.get_data(as_text=True)

    @property
    def fields(self) -> dict[str, str]:
        form = _Form("mailer-form")
        form.feed(self.text)
        return form.fields

    @property
    def words(self) -> str:
        """The page's text with entities read and tags left out."""
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", self.text)))

    def fact(self, element_id: str) -> str:
        """``data-value`` of the element with that id."""
        found = re.search(rf'id="{element_id}"[^>]*data-value="([^"]*)"', self.text)
        assert found, f"no {element_id} on the page"
        return html.unescape(found[1])

    def time(self, element_id: str) -> str | None:
        """The ``datetime`` inside the element with that id."""
        after = self.text.partition(f'id="{element_id}"')[2].partition("</span>")[0]
        found = re.search(r'<time datetime="([^"]+)"', after)
        return found[1] if found else None

    def errors(self, name: str) -> list[str]:
        """The messages beside a field."""
        found = re.findall(rf'<p class="msg" id="{name}-error[^"]*">(.*?)</p>', self.text, re.S)
        return [html.unescape(text) for text in found]

    @property
    def diagnoses(self) -> list[str]:
        """The codes on elements with the class ``diagnosis``."""
        tags = re.findall(r"<[a-z]+ [^>]*class=\"[^\"]*\bdiagnosis\b[^\"]*\"[^>]*>", self.text)
        return [re.findall(r'data-code="([^"]*)"', tag)[0] for tag in tags]

    def steps(self) -> dict[str, str]:
        """The state of each step of a connection check."""
        return dict(re.findall(r'data-step="([^"]+)" data-state="([^"]+)"', self.text))


class MailerPage:
    """System → Mailer in the hands of one administrator."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, provider: str | None = None) -> Page:
        return Page(self.client.get(PATH, query_string={"provider": provider} if provider else {}))

    def post(self, to: str = "", /, *, as_is: bool = False, **fields: Any) -> Page:
        """Open the page and send its form with these fields changed; ``None`` leaves one out.

        ``as_is``: only these fields, beside what every form carries.
        """
        shown = self.open(fields.get("provider")).fields
        if as_is:
            shown = {name: shown[name] for name in ("csrf_token", "version")}
        sent = {**shown, **fields}
        data = {name: value for name, value in sent.items() if value is not None}
        return Page(self.client.post(PATH + to, data=data))

    def save(self, **fields: Any) -> Page:
        return self.post(**fields)

    def check(self, **fields: Any) -> Page:
        return self.post("/check", **fields)

    def send_test(self, **fields: Any) -> Page:
        return self.post("/test", **fields)


def smtp(relay: Relay, **changes: Any) -> dict[str, Any]:
    """What an administrator types for a relay on this machine."""
    fields: dict[str, Any] = {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "host": "localhost",
        "port": str(relay.port),
        "secure": None if relay.tls == "none" else CHECKED,
        "ignore_tls_errors": None,
        "username": "",
        "password": "",
        "connection_timeout": "3",
    }
    return fields | changes
