"""What the mails of this room say: both parts alike, small, and inert against hostile names."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from app.mail.compose import Composed, compose

BASE = {
    "product": "Novantra",
    "access_url": "https://hr.acme.test",
    "access_host": "hr.acme.test",
    "host": "hr.acme.test",
    "sender_name": "Acme",
    "zone": ZoneInfo("UTC"),
    "written_at": datetime(2026, 11, 22, 11, 12, tzinfo=UTC),
}
UNTIL = datetime(2026, 11, 29, 11, 12, tzinfo=UTC)
LINK = "https://hr.acme.test/invitations/" + "q7mE0u8cTqk3" * 3
MAILS: dict[str, dict[str, object]] = {
    "invitation": {
        "organization": "Acme",
        "inviter": "Bo Boss",
        "role": "member",
        "email": "kim@else.test",
        "link": LINK,
        "until": UNTIL,
    },
    "membership_added": {
        "organization": "Acme",
        "inviter": "Bo Boss",
        "name": "Kim",
        "role": "admin",
        "link": "https://hr.acme.test/organizations/acme/members",
    },
    "signup_code": {"email": "kim@else.test", "code": "042917", "until": UNTIL},
    "signup_existing": {
        "email": "kim@else.test",
        "link": "https://hr.acme.test/login",
        "reset_link": "https://hr.acme.test/forgot-password",
    },
}
HOSTILE = [
    "{{7*7}}",
    "{% raw %}",
    '<a href="https://evil.com">x</a>',
    "evil.com",
    "https://evil.com/login",
    "x@evil.com",
    "Kim\r\nBcc: x@evil.com",
    "K" * 500,
]


class Words(HTMLParser):
    """The text of an HTML part, and where its links lead."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self._skipped = 0
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in {"style", "title"}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.text.append(data)

    @property
    def folded(self) -> str:
        return " ".join(" ".join(self.text).split())


def composed(name: str, /, **changes: object) -> Composed:
    return compose(name, {**BASE, **MAILS[name], **changes})


@pytest.mark.parametrize("name", MAILS)
def test_plain_text_and_html_say_the_same(name: str) -> None:
    mail = composed(name)
    page = Words(mail.html).folded
    body = mail.text.partition("\n-- \n")[0]
    # Every sentence of the plain part stands in the other, whatever its line breaks.
    for paragraph in body.split("\n\n"):
        for sentence in re.split(r"(?<=[.:?]) ", " ".join(paragraph.split())):
            words = sentence.strip().rstrip(":.")
            assert words in re.sub(r" (?=[.,:])", "", page).replace(": ", ": "), words


@pytest.mark.parametrize("name", MAILS)
def test_mails_are_small_and_have_no_images(name: str) -> None:
    mail = composed(name)
    assert len(mail.html) + len(mail.text) < 30_000
    assert "<img" not in mail.html
    assert "http" not in re.sub(r"https://hr\.acme\.test", "", mail.html + mail.text)
    assert max(len(line) for line in mail.text.splitlines()) <= 78


@pytest.mark.parametrize("name", MAILS)
def test_links_lead_to_the_access_url_alone(name: str) -> None:
    for link in Words(composed(name).html).links:
        assert link.startswith("https://hr.acme.test/")


@pytest.mark.parametrize("name", ["invitation", "membership_added"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_stays_inert_text(name: str, hostile: str) -> None:
    names = {key: hostile for key in ("organization", "inviter", "name") if key in MAILS[name]}
    mail, calm = composed(name, **names), composed(name)
    assert len(Words(mail.html).links) == len(Words(calm.html).links)
    assert "49" not in mail.subject + mail.text.replace("hr.acme.test", "")
    assert "\n" not in mail.subject
    for part in (mail.text, html.unescape(mail.html)):
        assert "evil.com" not in part, "a mail program would make a link of it"
        assert "K" * 65 not in part
    for link in Words(mail.html).links:
        assert link.startswith("https://hr.acme.test/")


def test_the_code_stands_alone_on_its_line() -> None:
    assert re.search(r"^\s*042917\s*$", composed("signup_code").text, re.MULTILINE)
    assert "042917" not in composed("signup_code").subject


def test_an_invitation_says_who_where_as_what_and_until_when() -> None:
    mail = composed("invitation", role="admin")
    assert mail.subject == "Bo Boss invites you to join Acme"
    for part in (" ".join(mail.text.split()), Words(mail.html).folded):
        assert "as an admin" in part
        assert "11:12 UTC on 29 November 2026" in part
        assert "Ignore this mail" in part
        assert LINK in part
