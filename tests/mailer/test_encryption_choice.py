"""A relay that encrypts another way than its port says: checked, saved, tested, sent through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.mail.tls import TlsMode
from app.mailer.settings import tls_mode
from app.runtime import Runtime
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import MailerPage, smtp
from tests.smtpd import Relay


@pytest.fixture
def desk(page: MailerPage, runtime: Runtime, clock: Clock) -> Iterator[Desk]:
    desk = Desk(page, runtime, clock)
    yield desk
    desk.close()


@pytest.mark.parametrize(
    ("port", "secure", "encryption", "mode"),
    [
        (10465, True, "implicit", TlsMode.IMPLICIT),
        (994, True, "implicit", TlsMode.IMPLICIT),
        (587, True, "implicit", TlsMode.IMPLICIT),
        (465, True, "starttls", TlsMode.STARTTLS),
        (465, True, "auto", TlsMode.IMPLICIT),
        (587, True, "auto", TlsMode.STARTTLS),
        (994, True, "auto", TlsMode.STARTTLS),
        (465, False, "implicit", TlsMode.NONE),
        (587, False, "starttls", TlsMode.NONE),
    ],
)
def test_a_choice_counts_more_than_the_port_and_secure_off_more_than_both(
    port: int, secure: bool, encryption: str, mode: TlsMode
) -> None:
    assert tls_mode(port, secure, encryption) is mode


@pytest.mark.parametrize("way", ["implicit", "starttls"])
def test_a_relay_is_used_the_chosen_way_everywhere(desk: Desk, way: str) -> None:
    with Relay(tls=way, users={"novantra": PASSWORD}, require_auth=True) as relay:
        fields = smtp(relay, username="novantra", password=PASSWORD, encryption=way)
        assert set(desk.check(**fields).steps().values()) == {"passed"}
        desk.save(**fields)
        assert desk.test() == ""
        desk.queue("bob@example.test")
        desk.work()
        assert [sent.encrypted for sent in relay.envelopes] == [True, True]
        assert {tried[3] for tried in relay.auth_attempts} == {True}


def test_starttls_works_on_a_port_for_implicit_tls(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Relay(tls="starttls") as relay:
        for module in ("settings", "providers.smtp.protection"):
            monkeypatch.setattr(f"app.mailer.{module}.IMPLICIT_PORTS", frozenset({relay.port}))
        assert desk.check(**smtp(relay)).diagnoses == ["tls_mode_mismatch"]
        assert desk.check(**smtp(relay, encryption="starttls")).diagnoses == []


def test_the_other_way_on_the_same_port_is_one_press_away(page: MailerPage) -> None:
    with Relay(tls="implicit") as relay:
        failed = page.check(**smtp(relay))
        assert failed.diagnoses == ["tls_mode_mismatch"]
        use = f"{relay.port}:on:implicit"
        assert f'name="use" value="{use}"' in failed.text
        again = page.check(**smtp(relay, use=use))
        assert set(again.steps().values()) == {"passed", "skipped"}
        assert (again.fields["encryption"], again.fields["port"]) == ("implicit", str(relay.port))


def test_a_form_that_knows_no_such_field_means_by_the_port(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, encryption=None, ehlo_name=None))
    assert (stored.only.encryption, stored.only.ehlo_name) == ("auto", None)


@pytest.mark.parametrize("nonsense", ["", "ssl", "AUTO", "auto\r\nx", "a" * 5000, "<script>"])
def test_no_other_word_is_taken(
    page: MailerPage, relay: Relay, stored: Stored, nonsense: str
) -> None:
    answer = page.save(**smtp(relay, encryption=nonsense))
    assert answer.status == 422
    assert answer.errors("encryption") == ["Choose one of these: auto, starttls or implicit."]
    assert answer.fields["host"] == "localhost"
    assert stored.row is None


def test_a_stored_password_is_not_used_over_another_encryption(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, username="novantra", password=PASSWORD))
    for press in (page.save, page.check, page.send_test):
        refused = press(encryption="implicit")
        assert refused.status == 422
        assert "the encryption changed" in " ".join(refused.errors("password"))
    assert relay.connections == 0
    assert stored.only.encryption == "auto"
    assert page.save(encryption="starttls", password=PASSWORD).status == 303
    assert stored.events[-1].changes == {
        "encryption": {"old": "auto", "new": "starttls"},
        "password": "changed",
    }


def test_a_choice_that_does_nothing_or_is_unusual_deserves_a_second_look(
    page: MailerPage, relay: Relay
) -> None:
    page.save(**smtp(relay, encryption="implicit", secure=None))
    assert "Secure is off, so nothing is encrypted" in page.open().words
    page.save(**smtp(relay, encryption="implicit", port="587"))
    assert "Relays usually do otherwise on port 587" in page.open().words
    page.save(**smtp(relay, encryption="implicit", port="10465"))
    assert "Relays usually do otherwise" not in page.open().words
