"""Each flow in a real browser, by labels: with scripts, and one pass without.

Every page on the way is looked at in both widths and schemes; with ``NOVANTRA_TEST_PICTURES=1`` its
pictures are in test-results/flows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import RESULTS
from tests.browser.screens import SCHEMES, overflow, violations
from tests.functional.install import PASSWORD
from tests.functional.office import (
    ADMINISTRATORS,
    MAILER,
    MEMBERS,
    Office,
    code_in,
    healthy_office,
    link_in,
    running,
    save_mailer,
)
from tests.functional.test_cloud import SIX_DIGITS, cloud
from tests.smtpd import Relay

pytestmark = pytest.mark.browser
NEW = "four unrelated words here"
WRONG = "not it, whatever it is"
ACTIVITY = "/admin/system/mail-activity"
PICTURES = RESULTS / "flows"
# Buttons beyond the edge of their card, and cells on a phone whose parts are not in one column.
ASTRAY = """[
  ...[...document.querySelectorAll(".card .btn")].filter((button) => button.offsetWidth &&
    button.getBoundingClientRect().right >
    button.closest(".card").getBoundingClientRect().right - 8),
  ...[...document.querySelectorAll("td[data-label]")].filter((cell) =>
    getComputedStyle(cell).display === "grid" &&
    new Set([...cell.children].map((part) => part.getBoundingClientRect().left)).size > 1),
].map((element) => element.textContent.trim())"""


class Desk:
    """A browser of one person on one install."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, said: object) -> None:
        text = str(said.text)  # type: ignore[attr-defined]
        # Chromium reports every answer above 399, and those are meant.
        if said.type == "error" and "the server responded" not in text:  # type: ignore[attr-defined]
            self.complaints.append(text)

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def type(self, **values: str) -> Page:
        for label, value in values.items():
            name = re.compile(rf"^{label.replace('_', ' ')}( \(?optional\)?)?$", re.I)
            field = self.page.get_by_label(name).and_(self.page.locator("input, textarea"))
            field.first.fill(value)
        return self.page

    def press(self, name: str) -> Page:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        self.open("/login")
        self.type(Email_address=email, Password=password)
        return self.press("Sign in")

    def picture(self, name: str) -> None:
        """At both widths in both schemes; nothing is too wide and axe finds nothing."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            for width in (390, 1280):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
                assert overflow(self.page) == 0, f"{name} at {width} px"
                assert self.page.evaluate(ASTRAY) == [], f"{name} at {width} px"
        assert violations(self.page) == [], name
        self.page.emulate_media(color_scheme="light")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with healthy_office(tmp_path_factory.mktemp("browser-flows")) as office:
        yield office


NewDesk = Callable[..., Desk]


@pytest.fixture
def desk(browser: Browser, office: Office) -> Iterator[NewDesk]:
    """``desk()`` is a browser with scripts, ``desk(scripts=False)`` one without."""
    made: list[Desk] = []

    def new(*, scripts: bool = True, base: str = office.install.url) -> Desk:
        made.append(
            Desk(browser.new_context(java_script_enabled=scripts, reduced_motion="reduce"), base)
        )
        return made[-1]

    yield new
    complaints = [line for one in made for line in one.complaints]
    for one in made:
        one.context.close()
    assert complaints == []


def test_a_forgotten_password(office: Office, desk: NewDesk):
    office.member("bob@acme.test")
    bob = desk()
    page = bob.open("/login")
    bob.picture("login")
    page.get_by_role("link", name="Forgot your password?").click()
    bob.picture("forgot")
    bob.type(Email_address="bob@acme.test")
    bob.press("Mail me a link")
    expect(page.get_by_role("heading", name="Check your mailbox")).to_be_visible()
    bob.picture("forgot-sent")
    link = link_in(office.mail_to("bob@acme.test"))
    bob.open(link)
    bob.type(New_password="short", Repeat_the_password="other")
    bob.press("Change the password")
    expect(page.get_by_text("This is not the same as the password above.").first).to_be_visible()
    bob.picture("reset-refused")
    bob.type(New_password=NEW, Repeat_the_password=NEW)
    bob.picture("reset")
    bob.press("Change the password")
    expect(page).to_have_url(f"{bob.base}/login")
    bob.picture("reset-done")
    bob.open(link)
    bob.picture("reset-dead-link")
    bob.sign_in("bob@acme.test", NEW)
    expect(page).to_have_url(f"{bob.base}{MEMBERS}")


def test_a_locked_account(office: Office, desk: NewDesk):
    office.member("erin@acme.test")
    erin, page = (made := desk()), made.page
    for _ in range(4):
        erin.sign_in("erin@acme.test", WRONG)
    erin.picture("login-refused")
    erin.sign_in("erin@acme.test", WRONG)
    expect(page.get_by_role("heading", name="Sign-in is locked for now")).to_be_visible()
    erin.picture("login-locked")
    alice = desk()
    alice.sign_in("alice@acme.test")
    alice.open(MEMBERS)
    alice.picture("members-locked")
    code = code_in(office.mail_to("erin@acme.test"))
    erin.type(Unlock_code="AAAA AAAA")
    erin.press("Lift the lock")
    erin.picture("unlock-refused")
    erin.type(Unlock_code=f"{code[:4]} {code[4:]}".lower())
    erin.press("Lift the lock")
    expect(page.get_by_text("The lock is lifted.")).to_be_visible()
    erin.picture("unlock-done")
    erin.open("/unlock")
    erin.picture("unlock")
    erin.sign_in("erin@acme.test")
    expect(page).to_have_url(f"{erin.base}{MEMBERS}")


def test_invitations_and_what_became_of_their_mails(office: Office, desk: NewDesk):
    alice, page = (made := desk()), made.page
    alice.sign_in("alice@acme.test")
    office.relay.reject_rcpt["gone@partner.test"] = "550 5.1.1 No such user"
    office.relay.reject_rcpt["grey@partner.test"] = "450 4.7.1 Greylisted"
    for email in ("heidi@partner.test", "gone@partner.test", "grey@partner.test"):
        alice.open(MEMBERS)
        alice.type(Email_address=email)
        alice.press("Invite")
        expect(page.get_by_text(f"{email} ").first).to_be_visible()
    for pill in ("Tried again", "Not sent", "Sent"):
        alice.open(MEMBERS)
        expect(page.get_by_text(pill, exact=True).first).to_be_visible()
    alice.picture("members")
    page.get_by_role("button", name="Revoke the invitation of gone@partner.test").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    alice.picture("members-revoke")
    # grey@partner.test is tried again, so the page asks for what moves while the question stands.
    with page.expect_response(lambda answer: answer.request.resource_type == "fetch"):
        pass
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    page.get_by_role("button", name="Send again to heidi@partner.test").click()
    expect(page.get_by_text("gets a new link")).to_be_visible()
    first, second = (link_in(office.mail_to("heidi@partner.test")) for _ in range(2))
    heidi = desk()
    heidi.open(first)
    heidi.picture("invitation-dead-link")
    heidi.open(second)
    heidi.picture("invitation")
    heidi.type(Your_name="Heidi Hall", Password=NEW, Repeat_the_password=NEW)
    heidi.press("Create account and join")
    expect(heidi.page).to_have_url(f"{heidi.base}{MEMBERS}")
    heidi.picture("invitation-accepted")


def test_a_pasted_list(office: Office, desk: NewDesk):
    alice, page = (made := desk()), made.page
    alice.sign_in("alice@acme.test")
    alice.open(MEMBERS)
    page.get_by_text("Invite several people at once").click()
    alice.type(Email_addresses="mia@partner.test\nno address\nMIA@partner.test\nalice@acme.test\n"
               "nils.with.a.rather.long.name@engineering.partner.example")  # fmt: skip
    alice.press("Invite all")
    expect(page.get_by_text("mia@partner.test").first).to_be_visible()
    alice.picture("bulk")


def test_administrators_and_an_account(office: Office, desk: NewDesk):
    alice, page = (made := desk()), made.page
    alice.sign_in("alice@acme.test")
    alice.open("/admin/system")
    alice.picture("prompt")
    alice.open(ADMINISTRATORS)
    alice.type(Name="Peggy Park", Email_address="peggy@acme.test")
    alice.press("Add administrator")
    expect(page.get_by_text("A mail is on its way to peggy@acme.test")).to_be_visible()
    alice.picture("administrators")
    peggy = desk()
    peggy.open(link_in(office.mail_to("peggy@acme.test")))
    peggy.picture("administrator-invited")
    peggy.type(New_password=NEW, Repeat_the_password=NEW)
    peggy.press("Verify and set the password")
    peggy.sign_in("peggy@acme.test", NEW)
    expect(peggy.page).to_have_url(f"{peggy.base}/admin/system")
    alice.open(ADMINISTRATORS)
    page.get_by_role("row", name="Peggy").get_by_role("button", name="Demote").click()
    page.get_by_role("dialog").get_by_role("button", name="Demote").click()
    expect(page.get_by_text("no install administrator any more")).to_be_visible()
    peggy.open("/admin/system")
    expect(peggy.page).to_have_url(re.compile("/login"))  # a demotion signs out
    peggy.sign_in("peggy@acme.test", NEW)
    peggy.open("/admin/system")
    peggy.picture("forbidden")

    peggy.open("/account")
    peggy.picture("account")
    peggy.page.get_by_role("link", name="Change the address").click()
    peggy.picture("account-email")
    peggy.type(New_address="peggy@new.test", Current_password=NEW)
    peggy.press("Mail a link to the new address")
    expect(peggy.page.get_by_text("You asked for peggy@new.test")).to_be_visible()
    peggy.picture("account-email-asked")
    peggy.open(link_in(office.mail_to("peggy@new.test")))
    peggy.picture("account-email-verify")
    peggy.press("Use peggy@new.test")
    peggy.open("/account/password")
    peggy.picture("account-password")
    peggy.type(Current_password=NEW, New_password=PASSWORD, Repeat_the_password=PASSWORD)
    peggy.press("Change the password")
    expect(peggy.page.get_by_text("You were signed out everywhere else.")).to_be_visible()


def test_mail_activity_and_a_pause(office: Office, desk: NewDesk):
    alice, page = (made := desk()), made.page
    alice.sign_in("alice@acme.test")
    office.relay.reject_rcpt["lost@partner.test"] = "550 5.1.1 No such user"
    office.invite("lost@partner.test")
    office.quiet(left=1)
    with Relay(users={"novantra": "right"}, require_auth=True) as strict:
        save_mailer(office.alice, host="127.0.0.1", port=str(strict.port), username="novantra",
                    password="outdated")  # fmt: skip
        for email in ("held@partner.test", "behind@partner.test"):
            office.invite(email)
        alice.open(MAILER)
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "paused")
        alice.picture("mailer-paused")
        alice.open(MEMBERS)
        alice.picture("members-paused")
        alice.open("/admin/system")
        alice.picture("overview-paused")
        alice.open(ACTIVITY)
        alice.picture("activity")
        alice.open(f"{ACTIVITY}?state=failed")
        page.get_by_role("link", name="lost@partner.test").first.click()
        alice.picture("activity-failed")
        alice.open(f"{ACTIVITY}?recipient=held@partner.test")
        page.get_by_role("link", name="held@partner.test").first.click()
        alice.picture("activity-held")
        alice.open(f"{ACTIVITY}?recipient=nobody@partner.test")
        alice.picture("activity-nothing")
        alice.open(MAILER)
        alice.type(Password="right")
        alice.press("Save changes")
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
        expect(page.get_by_text("The relay refuses our user name")).to_have_count(0)
        alice.picture("mailer-resumed")


def test_without_scripts_every_flow_works_too(office: Office, desk: NewDesk):
    office.relay.reject_rcpt.clear()
    save_mailer(office.alice, host="127.0.0.1", port=str(office.relay.port), username="",
                remove_password="y", secure=None)  # type: ignore[arg-type]  # fmt: skip
    alice, page = (made := desk(scripts=False)), made.page
    alice.sign_in("alice@acme.test")
    alice.open(MEMBERS)
    alice.type(Email_address="plain@partner.test")
    alice.press("Invite")
    plain = desk(scripts=False)
    plain.open(link_in(office.mail_to("plain@partner.test")))
    plain.type(Your_name="Plain Paul", Password=NEW, Repeat_the_password=NEW)
    plain.press("Create account and join")
    expect(plain.page).to_have_url(f"{plain.base}{MEMBERS}")
    plain.press("Sign out")
    plain.open("/forgot-password")
    plain.type(Email_address="plain@partner.test")
    plain.press("Mail me a link")
    plain.open(link_in(office.mail_to("plain@partner.test")))
    plain.type(New_password=PASSWORD, Repeat_the_password=PASSWORD)
    plain.press("Change the password")
    assert "changed" in office.mail_to("plain@partner.test").text
    for _ in range(5):
        plain.sign_in("plain@partner.test", WRONG)
    plain.type(Unlock_code=code_in(office.mail_to("plain@partner.test")))
    plain.press("Lift the lock")
    plain.sign_in("plain@partner.test")
    expect(plain.page).to_have_url(f"{plain.base}{MEMBERS}")
    plain.open("/account/email")
    plain.type(New_address="paul@new.test", Current_password=PASSWORD)
    plain.press("Mail a link to the new address")
    plain.open(link_in(office.mail_to("paul@new.test")))
    plain.press("Use paul@new.test")
    alice.open(ADMINISTRATORS)
    alice.type(Name="Paul", Email_address="paul@new.test")
    alice.press("Add administrator")
    expect(page.get_by_text("is an install administrator from now on")).to_be_visible()
    alice.open(MEMBERS)
    row = page.get_by_role("row", name=re.compile("paul@new.test"))
    row.get_by_role("link", name=re.compile("^Remove")).click()
    alice.press("Remove")
    expect(page.get_by_text("no longer belongs to")).to_be_visible()


def test_signing_up_in_the_cloud(desk: NewDesk, tmp_path: Path):
    relay = Relay(users={"relay": "managed-canary"}, require_auth=True)
    with relay, running(tmp_path, **cloud(relay)) as install:
        nia, page = (made := desk(base=install.url)), made.page
        office = Office(install, relay, None)  # type: ignore[arg-type]  # nobody is signed in
        nia.open("/login")
        nia.picture("cloud-login")
        page.get_by_role("link", name="Create an organization").click()
        nia.picture("signup")
        nia.type(Work_email="nia@globex.test")
        nia.press("Send me a code")
        nia.picture("signup-code")
        nia.type(Code="000000")
        nia.press("Go on")
        nia.picture("signup-code-refused")
        nia.type(Code=code_in(office.mail_to("nia@globex.test"), SIX_DIGITS))
        nia.press("Go on")
        nia.picture("signup-account")
        nia.type(Your_name="Nia", Organization="Globex", Password=NEW, Repeat_the_password=NEW)
        nia.press("Create organization")
        expect(page).to_have_url(f"{nia.base}/organizations/globex/members")
        nia.picture("signup-done")
