"""The same flows while mail is not set up: clear answers, nothing half-done, and what needs no
mail works. Once mail is set up, without a restart, everything does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functional.install import PASSWORD, Person, RunningInstall, sign_in, walk_wizard
from tests.functional.office import (
    ADMINISTRATORS,
    INVITATIONS,
    MAILER,
    MEMBERS,
    Office,
    link_in,
    relay_fields,
    running,
    save_mailer,
)
from tests.functional.test_flows import NEW, lock_out, press, row_of
from tests.smtpd import Relay

pytestmark = pytest.mark.process

ACTIVITY = "/admin/system/mail-activity"


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with Relay() as relay:
        yield relay


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Office]:
    """Mail deferred; Bob has an account, made from the shell, and belongs to no organization."""
    with running(tmp_path_factory.mktemp("pending")) as install:
        alice = Person(install.url)
        walk_wizard(install, alice)
        made = _create_admin(install, "bob@acme.test")
        assert made == 0
        press(alice.open(ADMINISTRATORS), "bob@acme.test", "Demote")
        yield Office(install, relay, alice)


def _create_admin(install: RunningInstall, email: str) -> int:
    return install.command("users", "create-admin", "--email", email, "--name", "Bob Builder",
                           "--password-stdin", stdin=PASSWORD + "\n").returncode  # fmt: skip


def test_a_reset_says_why_not_and_whom_to_ask_known_or_not(office):
    said = set()
    for email in ("bob@acme.test", "nobody@acme.test", "no address"):
        asking = office.visitor().open("/forgot-password")
        assert asking.status == 200
        asking.submit("email", email=email)
        assert asking.status == 503
        said.add(asking.text)
    assert len(said) == 1
    (words,) = said
    assert "Mail is not set up" in words
    assert "administrator" in words
    assert "reset-link" in words


def test_the_operator_prints_a_link_that_works(office):
    bob = office.signed_in("bob@acme.test")
    done = office.install.command("users", "reset-link", "bob@acme.test")
    assert done.returncode == 0, done.stderr
    link = done.stdout.strip()
    assert link.startswith(f"{office.install.url}/reset-password/")
    assert "bob@acme.test" in done.stderr
    visitor = office.visitor().open(link.removeprefix(office.install.url))
    visitor.submit("password", password=PASSWORD + "!", password_confirm=PASSWORD + "!")
    assert visitor.path == "/login"
    assert bob.open("/account").path == "/login"
    office.signed_in("bob@acme.test", PASSWORD + "!")


def test_the_locked_page_says_when_it_ends_and_who_can_lift_it(office):
    locked = lock_out(office, "bob@acme.test")
    assert "by itself" in locked.text
    assert "no unlock code can be sent" in locked.text
    assert "administrator" in locked.text
    assert locked.page.xpath('//input[@name="code"]') == []
    done = office.install.command("users", "unlock", "bob@acme.test")
    assert (done.returncode, "lifted" in done.stdout) == (0, True)
    office.signed_in("bob@acme.test", PASSWORD + "!")


def test_nobody_new_can_be_invited_and_nothing_is_stored(office):
    page = office.invite("new@partner.test")
    assert page.status == 503
    assert "mail is not set up" in page.text.lower()
    assert page.page.xpath('//input[@name="email"]/@value') == ["new@partner.test"]
    page.open(MEMBERS)
    assert "new@partner.test" not in page.text
    assert "Open invitations" not in page.text


def test_of_a_pasted_list_those_with_an_account_are_added_and_the_rest_stays_in_the_form(office):
    made = _create_admin(office.install, "carol@acme.test")
    assert made == 0
    page = office.alice.open(MEMBERS)
    page.submit("emails", emails="carol@acme.test\nnew@partner.test", role="member")
    assert page.status == 503
    assert page.page.xpath('//textarea[@name="emails"]')[0].value.split() == ["new@partner.test"]
    assert row_of(page.open(MEMBERS), "carol@acme.test") is not None
    assert "new@partner.test" not in page.text


def test_somebody_with_an_account_is_added_without_mail(office):
    assert office.invite("bob@acme.test").status == 200
    assert office.signed_in("bob@acme.test", PASSWORD + "!").open(MEMBERS).status == 200


def test_a_new_administrator_is_refused_with_the_cause_and_nothing_is_left(office):
    page = office.alice.open(ADMINISTRATORS)
    page.submit("name", name="Dora", email="dora@acme.test")
    assert page.status == 503
    assert "mail is not set up" in page.text.lower()
    assert page.form_with("name").fields["email"] == "dora@acme.test"
    assert "dora@acme.test" not in page.open(ADMINISTRATORS).text
    assert "dora@acme.test" not in page.open("/admin/system/audit").text


def test_somebody_unverified_is_not_promoted_by_halves_either(office):
    page = office.alice.open(ADMINISTRATORS)
    page.submit("name", name="Bob", email="bob@acme.test")
    assert page.status == 503
    assert "bob@acme.test" not in page.open(ADMINISTRATORS).text
    assert office.signed_in("bob@acme.test", PASSWORD + "!").open("/admin/system").status == 403


def test_an_address_cannot_be_changed_and_stays(office):
    bob = office.signed_in("bob@acme.test", PASSWORD + "!").open("/account/email")
    assert bob.status == 200
    bob.submit("current_password", email="bob@new.test", current_password=PASSWORD + "!")
    assert bob.status == 503
    assert "not set up" in bob.text
    assert "bob@new.test" not in bob.open("/account").text


def test_the_first_administrator_works_and_cannot_verify_yet(office):
    page = office.alice.open("/account")
    assert "verified as soon as mail is set up" in page.text
    page.submit("name", to="/account/verify-email")
    assert page.status == 503
    assert page.open("/admin/system").status == 200


def test_a_password_is_changed_without_mail(office):
    bob = office.signed_in("bob@acme.test", PASSWORD + "!").open("/account/password")
    bob.submit("current_password", current_password=PASSWORD + "!", password=NEW,
               password_confirm=NEW)  # fmt: skip
    assert bob.path == "/account"
    office.signed_in("bob@acme.test", NEW)


def test_every_page_that_needs_no_mail_works(office):
    for path in ("/admin/system", MAILER, ACTIVITY, "/admin/system/access-urls", ADMINISTRATORS,
                 "/admin/system/audit", MEMBERS, "/account", "/account/email",
                 "/account/password", "/unlock", "/forgot-password", "/readyz"):  # fmt: skip
        assert office.alice.http.get(path).status_code == 200, path
    assert "No mail yet" in office.alice.open(ACTIVITY).text, "nothing half-done is left"


def test_once_mail_is_set_up_everything_works_without_a_restart(office, relay):
    save_mailer(office.alice, provider="smtp", **relay_fields(relay))
    assert office.alice.value("mail-state") == "configured"
    for path in ("/admin/system", MEMBERS, ADMINISTRATORS):
        assert "Mail is not set up" not in office.alice.open(path).text
    office.quiet()
    assert all("/verify-email/" in mail.text for mail in relay.envelopes), (
        "administrators get their link by itself; what was refused is not sent later"
    )
    # The visible prompt, a mail that came by itself, a link.
    alice = office.alice.open("/admin/system")
    assert "Open the link that was mailed to alice@acme.test" in alice.text
    link = link_in(office.mail_to("alice@acme.test"))
    assert "/admin/system" in alice.open("/admin/system").path, "nobody is locked out meanwhile"
    alice.open(link).submit("csrf_token")
    assert "Not verified" not in alice.open("/account").text
    office.visitor().open("/forgot-password").submit("email", email="bob@acme.test")
    visitor = office.visitor().open(link_in(office.mail_to("bob@acme.test")))
    visitor.submit("password", password=PASSWORD, password_confirm=PASSWORD)
    assert sign_in(visitor, "bob@acme.test").path != "/login"
    office.invite("new@partner.test")
    assert office.visitor().open(link_in(office.mail_to("new@partner.test"))).status == 200
    assert office.alice.open(INVITATIONS).status == 200
