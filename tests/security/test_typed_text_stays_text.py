"""On pages: whatever anybody typed, or a relay said, is text everywhere it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.audit.log import record
from app.audit.models import AuditEvent
from app.mailer.models import MailerConfiguration
from app.organizations.models import Invitation, InvitationBatchLine, Organization
from app.outbox.models import OutboxMessage
from app.web.context import Actor
from tests.factories import csrf_of
from tests.mailer.pages import PATH, MailerPage, smtp
from tests.security.hostile import rules
from tests.security.world import World, build, without_form_tokens
from tests.smtpd import Relay

# 64 characters, which is what names may have; it leaves attributes, elements and scripts.
EVIL = "\"'><svg/onload=alert(1)></title><script>{{7*7}}</script>%0a<b>"
ON_EVENT = re.compile(r"^on", re.IGNORECASE)
SAMPLE = re.compile(r"/admin/system/mail-templates/[a-z-]+/html")
"""A sample of a mail: the one page that another shows in a frame, and that styles itself inline, as
mails have to. Its policy is in ``test_headers.py``."""


def harmless(answer: TestResponse, where: str = "") -> None:
    """Nothing on the page runs, or comes from elsewhere."""
    assert "49" not in re.findall(r"(?<=<script>)\d+", answer.text), where
    sample = SAMPLE.fullmatch(answer.request.path) and answer.status_code == 200
    assert not (sample and "alert(1)" in answer.text), (where, "a sample is nobody's")
    page = html.fromstring(answer.text)
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in {"object", "embed", "base"}, where
        if element.tag == "iframe":
            assert set(element.attrib) == {"class", "sandbox", "src", "title"}, where
            assert element.get("sandbox") == "", where
            assert SAMPLE.fullmatch(element.get("src", "").partition("?")[0]), where
        if element.tag == "script":
            assert element.get("src", "").startswith("/static/"), where
            assert not (element.text or "").strip(), where
        if element.tag == "svg":
            assert element.get("onload") is None, where
        for name, value in element.attrib.items():
            assert not ON_EVENT.match(name), (where, name)
            assert name != "style" or sample, (where, "inline style")
            if name in {"href", "src", "action", "formaction"}:
                outside = value.startswith(("https://", "http://"))
                inside = value.startswith(("/", "#", "?", "data:image/", "mailto:")) or value == ""
                assert inside or outside, (where, value)
                assert not value.startswith(("//", "/\\")), (where, value)
                assert "evil.test" not in value.partition("?")[0], (where, value)


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> World:
    """One of everything, with the same hostile text in everything that people may type."""
    assert len(EVIL) <= 64
    world = build(make_app())
    runtime = world.runtime
    with runtime.database.transaction() as session:
        session.execute(update(User).values(name=EVIL))
        session.execute(update(Organization).values(name=EVIL))
        session.execute(update(MailerConfiguration).values(sender_name=EVIL, updated_by=EVIL))
        session.execute(update(OutboxMessage).values(label=EVIL, rcpt_to=EVIL, mail_from=EVIL))
        session.execute(update(Invitation).values(email=EVIL))
        session.execute(
            update(InvitationBatchLine).values(typed=EVIL, outcome="invalid", detail=EVIL)
        )
        for tag in ("mailer:updated", EVIL):
            record(
                session,
                now=runtime.now(),
                actor=Actor(1, EVIL, EVIL[:45]),
                tag="mailer:updated",
                target=EVIL,
                changes={EVIL: {"old": EVIL, "new": [EVIL]}, "x": EVIL},
            )
            newest = select(func.max(AuditEvent.id)).scalar_subquery()
            session.execute(update(AuditEvent).where(AuditEvent.id == newest).values(tag=tag))
    return world


def test_what_people_typed_is_text_on_every_page(world: World) -> None:
    shown = 0
    for person in ("visitor", "member", "install_admin"):
        client = world.client(person)
        for rule in rules(world.app):
            if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
                continue
            answer = client.get(world.path(rule))
            if answer.mimetype == "text/html":
                harmless(answer, f"{person} {rule.rule}")
                shown += "&lt;svg/onload=alert(1)&gt;" in answer.text
    assert shown > 20


def test_what_an_address_or_a_form_holds_is_text_when_it_is_shown_again(world: World) -> None:
    """Reflected: filters, pre-filled fields, forms that are refused."""
    names = "email name organization_name host username sender_name sender_address region text"
    names += " access_url emails code next subject kind recipient state since until provider"
    with without_form_tokens(world.app):
        for person in ("visitor", "install_admin"):
            client = world.client(person)
            for rule in rules(world.app):
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    if rule.endpoint == "static" or rule.rule.endswith(("/demote", "/remove")):
                        continue
                    values = dict.fromkeys(names.split(), EVIL)
                    extra = {"query_string": values} if method == "GET" else {"data": values}
                    answer = client.open(world.path(rule), method=method, **extra)
                    if answer.mimetype == "text/html":
                        harmless(answer, f"{person} {method} {rule.rule}")
                    assert "\n" not in answer.headers.get("Location", "")


def test_exports_are_downloads_and_no_pages(world: World) -> None:
    client = world.client("install_admin")
    for kind, mimetype in (("csv", "text/csv"), ("jsonl", "application/jsonl")):
        answer = client.get(f"/admin/system/audit/export.{kind}?subject=mailer&text=%0d%0aX:y")
        assert answer.mimetype == mimetype
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch(
            r'attachment; filename="audit-[0-9-]+\.(csv|jsonl)"',
            answer.headers["Content-Disposition"],
        )
    lines = client.get("/admin/system/audit/export.jsonl").text.splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)


@pytest.fixture
def hostile_relay() -> Iterator[Relay]:
    """Says markup wherever a relay may say something."""
    with Relay(
        replies={
            "EHLO": "250-<script>alert(1)</script>\r\n250-SIZE \"'><img src=x onerror=x>\r\n250 OK",
            "MAIL": f"550 5.7.1 {EVIL}",
        }
    ) as relay:
        yield relay


def test_what_a_relay_says_is_on_no_page_and_text_in_the_transcript(
    admin_client: FlaskClient, hostile_relay: Relay
) -> None:
    page = MailerPage(admin_client)
    checked = page.check(**smtp(hostile_relay))
    harmless(checked.response, "check")
    assert "alert(1)" not in checked.text
    found = re.search(r'name="transcript" value="([^"]+)"', checked.text)
    assert found
    data = {"csrf_token": csrf_of(checked.response.data), "transcript": found[1]}
    answer = admin_client.post(f"{PATH}/transcript", data=data)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(
        r'attachment; filename="novantra-connection-check-[0-9-]+\.txt"',
        answer.headers["Content-Disposition"],
    )
    assert "alert(1)" in answer.text, "the administrator may read what was said, as a file"
