"""System → Mail templates: every kind with sample values, and one of them sent to oneself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.codes import DIGITS, LETTERS, plain
from app.accounts.models import Token
from app.accounts.tokens import hash_secret
from app.crypto.packing import pack
from app.mailer.models import MailHealth
from app.mailer.outgoing import as_sent
from app.outbox.kinds import MAILS, MailKind
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from app.system.letters import preview, samples
from app.system.letters.samples import SAMPLES, kinds
from app.zones import clock as clock_in
from tests.conftest import Clock
from tests.mailer.situations import World
from tests.organizations.people import configure_mail, said
from tests.visitor import Mailbox, Visitor

PAGE = "/admin/system/mail-templates"
NOW = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)
FORMS = [(kind.name, form) for kind in kinds() for form in (SAMPLES[kind.name].forms or {"": ()})]
by_name = {kind.name: kind for kind in kinds()}


@pytest.fixture
def alice(admin_client: FlaskClient) -> Visitor:
    return Visitor(admin_client)


def test_every_kind_of_mail_has_sample_values() -> None:
    assert SAMPLES.keys() == {*MAILS, "test"}, "app/system/letters/samples.py lacks a kind"


@pytest.mark.parametrize(("mail", "form"), FORMS)
def test_what_waits_of_a_mail_is_a_quarter_of_it(mail: str, form: str) -> None:
    """The words of app.crypto.packing are those of our mails. Mails that say something else are
    kept just as well, and it is time for other words."""
    words = preview.words_of(by_name[mail], form, now=NOW, zone=ZoneInfo("UTC"))
    whole = as_sent(preview.NobodyYet(), words, to="kim@example.com", at=NOW).content
    assert len(pack(whole)) < len(whole) / 4


@pytest.mark.parametrize(("mail", "form"), FORMS)
def test_a_sample_holds_nothing_of_anybody_and_leads_nowhere(mail: str, form: str) -> None:
    words = preview.words_of(by_name[mail], form, now=NOW, zone=ZoneInfo("Europe/Berlin"))
    assert words.subject
    links = {
        *html.fromstring(words.html).xpath("//@href"),
        *re.findall(r"https?://\S+", words.text),
    }
    assert all(link.startswith(samples.BASE) for link in links), links
    assert samples.HOST.endswith(".invalid")
    assert "@" not in re.sub(r"\w+@example\.(com|org)", "", words.text)
    lasts = SAMPLES[mail].lasts
    if lasts:
        assert "after this mail was written" in " ".join(words.text.split())


@pytest.mark.parametrize("mail", ["unlock-code", "signup-code"])
def test_no_code_of_a_sample_can_be_one(mail: str) -> None:
    assert set(plain(SAMPLES[mail].values["code"])) - set(LETTERS if "un" in mail else DIGITS)


def test_the_list_names_every_kind_and_shows_one_that_has_no_sample_yet(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MAILS, "new-kind", MailKind("new-kind", "A mail of tomorrow"))
    page = said(alice.get(PAGE))
    assert all(kind.label in page for kind in kinds())
    assert "A mail of tomorrow" in page
    assert "There are no sample values for it yet." in page
    assert alice.get(f"{PAGE}/new-kind").status_code == 404


@pytest.mark.parametrize(("mail", "form"), FORMS)
def test_one_mail_is_shown_in_every_way_by_its_address(
    alice: Visitor, mail: str, form: str
) -> None:
    page = alice.get(f"{PAGE}/{mail}?form={form}&width=phone&scheme=dark")
    assert page.status_code == 200
    source = html.fromstring(page.text).xpath("//iframe[@sandbox='']/@src")[0]
    assert alice.get(source).status_code == 200
    text = alice.get(f"{PAGE}/{mail}?form={form}&view=text")
    assert "<iframe" not in text.text
    assert "-- \nNovantra" in text.text


def test_what_is_asked_for_and_not_there_is_the_first_of_each(alice: Visitor) -> None:
    odd = f"{PAGE}/invitation?form=<b>&view=9&width=9&scheme=\N{SNOWMAN}"
    assert alice.get(odd).status_code == 200
    assert alice.get(f"{PAGE}/no-such-mail").status_code == 404
    assert alice.get(f"{PAGE}/no-such-mail/html").status_code == 404


def test_the_colours_are_those_asked_for_whatever_the_browser_prefers(alice: Visitor) -> None:
    dark, light = (
        alice.get(f"{PAGE}/invitation/html?scheme={scheme}").text for scheme in ("dark", "light")
    )
    for page in (dark, light):
        assert "prefers-color-scheme" not in page
        assert "light dark" not in page
    assert "@media all" in dark
    assert "@media not all" in light


def test_one_is_sent_to_oneself_and_nobody_else_as_a_test(
    alice: Visitor, mailbox: Mailbox, session: Session, runtime: Runtime
) -> None:
    answer = alice.submit(f"{PAGE}/password-reset", to=f"{PAGE}/password-reset/send")
    assert answer.status_code == 303
    assert answer.location.startswith(f"{PAGE}/password-reset")
    (mail,) = mailbox.relay.envelopes
    assert mail.rcpt_to == "alice@acme.test"
    assert mail.message["Subject"] == "Sample: Choose a new password"
    link = re.search(r"https://\S+", mail.text)
    assert link is not None
    assert link[0] == f"{samples.BASE}/reset-password/sample"
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Token)) == 0
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0
    assert session.scalar(select(Token).where(Token.token_hash == hash_secret("sample"))) is None
    health = session.get(MailHealth, 1)
    assert health is not None
    assert health.last_test_to == "alice@acme.test"
    session.rollback()
    page = said(alice.get(f"{PAGE}/password-reset"))
    assert "The relay accepted the sample. Look for “Sample: Choose a new password”" in page
    assert "4 of 5 tests left" in page


def test_samples_and_tests_share_one_budget(
    alice: Visitor, session: Session, runtime: Runtime, clock: Clock
) -> None:
    configure_mail(session, runtime)
    for mail in ("invitation", "test", "canary", "unlock-code"):
        assert alice.submit(f"{PAGE}/{mail}", to=f"{PAGE}/{mail}/send").status_code == 303
    page = "/admin/system/mailer"
    assert alice.submit(page, to=f"{page}/test").status_code == 303
    refused = alice.submit(f"{PAGE}/canary", to=f"{PAGE}/canary/send")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert "A sample counts as a test email" in said(refused)
    assert "disabled" in alice.get(f"{PAGE}/canary").text
    clock.advance(minutes=16)
    assert alice.submit(f"{PAGE}/canary", to=f"{PAGE}/canary/send").status_code == 303


def test_while_mail_is_not_set_up_nothing_is_sent_and_nothing_counted(alice: Visitor) -> None:
    assert "Mail is not set up, so none can be sent." in said(alice.get(f"{PAGE}/invitation"))
    answer = alice.submit(f"{PAGE}/invitation", to=f"{PAGE}/invitation/send")
    assert answer.status_code == 503
    assert "Mail is not set up" in said(answer)


def test_a_sample_that_fails_leads_to_the_page_that_says_why(
    alice: Visitor, runtime: Runtime, clock: Clock
) -> None:
    World(runtime, clock).save(port=1)
    answer = alice.submit(f"{PAGE}/invitation", to=f"{PAGE}/invitation/send")
    assert (answer.status_code, answer.location) == (303, "/admin/system/mailer")
    assert 'data-code="connect_refused"' in alice.get("/admin/system/mailer").text


def test_a_sample_says_times_in_the_zone_of_whoever_looks(alice: Visitor, clock: Clock) -> None:
    for zone in ("Europe/Berlin", "Asia/Tokyo"):
        until = clock_in(clock() + timedelta(minutes=30), ZoneInfo(zone))
        alice.submit("/account", to="/account/time-zone", time_zone=zone)
        text = alice.get(f"{PAGE}/password-reset?view=text").text
        assert f"until {until}" in " ".join(text.split())
