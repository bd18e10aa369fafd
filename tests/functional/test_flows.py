"""Every flow that mails, on the running server with a relay that works: the link or the code is
read out of the mail that arrived."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.functional.install import PASSWORD, Person, sign_in
from tests.functional.office import (
    ADMINISTRATORS,
    INVITATIONS,
    MEMBERS,
    Office,
    code_in,
    healthy_office,
    link_in,
)

pytestmark = pytest.mark.process

NEW = "four unrelated words here"
WRONG = "not it, whatever it is"
SECRET = re.compile(r"(?:reset-password|verify-email|invitations)/(\S+)")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with healthy_office(tmp_path_factory.mktemp("flows")) as running:
        yield running


def row_of(person: Person, email: str) -> Person:
    """That address's row in the table on the page."""
    rows = person.page.xpath(f'//tr[@data-email="{email}"] | //tr[.//*[text()="{email}"]]')
    assert len(rows) == 1, (email, person.text)
    return rows[0]


def press(person: Person, email: str, label: str) -> Person:
    """The button of that label in the row of that address."""
    for form in row_of(person, email).xpath(".//form"):
        if form.xpath(f'.//button[normalize-space()="{label}"]'):
            person.response = person.http.post(form.get("action"), data=dict(form.form_values()))
            return person
    raise AssertionError(f"no button {label} beside {email}: {person.text}")


def choose(person: Person, link: str, password: str) -> Person:
    return person.open(link).submit("password", password=password, password_confirm=password)


def test_a_mailed_link_resets_the_password_and_ends_everything_before_it(office):
    desk = office.member("bob@acme.test")
    phone = office.signed_in("bob@acme.test")
    visitor = office.visitor().open("/login")
    assert "/forgot-password" in visitor.page.xpath("//a/@href")
    visitor.open("/forgot-password").submit("email", email="BOB@acme.test")
    assert visitor.status == 200
    mail = office.mail_to("bob@acme.test")
    assert "UTC" in mail.text
    link = link_in(mail)
    for _ in range(2):  # a scanner that looks at it uses nothing up
        assert office.visitor().open(link).status == 200
    choose(visitor, link, NEW)
    assert visitor.path == "/login"
    assert "changed" in visitor.text
    assert visitor.open("/account").path == "/login", "nobody is signed in by a link"
    for session in (desk, phone):
        assert session.open("/account").path == "/login"
    assert visitor.open(link).status == 410
    notice = office.mail_to("bob@acme.test")
    assert notice.message["Subject"] == "Your password was changed"
    assert NEW not in notice.text + mail.text
    assert sign_in(office.visitor(), "bob@acme.test").status == 422
    office.signed_in("bob@acme.test", NEW)


def test_a_newer_reset_link_voids_the_older_one(office):
    office.member("carol@acme.test")
    links = []
    for _ in range(2):
        office.visitor().open("/forgot-password").submit("email", email="carol@acme.test")
        links.append(link_in(office.mail_to("carol@acme.test")))
    assert office.visitor().open(links[0]).status == 410
    assert choose(office.visitor(), links[1], NEW).path == "/login"
    office.signed_in("carol@acme.test", NEW)


def test_three_reset_mails_at_most_and_the_page_never_tells(office):
    office.member("dave@acme.test")
    said = set()
    for _ in range(5):
        asking = office.visitor().open("/forgot-password").submit("email", email="dave@acme.test")
        said.add((asking.status, asking.path, asking.text))
    stranger = office.visitor().open("/forgot-password").submit("email", email="nobody@acme.test")
    said.add((stranger.status, stranger.path, stranger.text))
    assert len(said) == 1
    office.quiet()
    assert len(office.unread("dave@acme.test")) == 3
    assert office.unread("nobody@acme.test") == []


def lock_out(office: Office, email: str) -> Person:
    visitor = office.visitor()
    for _ in range(5):
        sign_in(visitor, email, WRONG)
    assert visitor.status == 429, visitor.text
    return visitor


def test_a_mailed_code_lifts_the_lock_and_the_password_is_still_needed(office):
    office.member("erin@acme.test")
    locked = lock_out(office, "erin@acme.test")
    assert 0 < int(locked.response.headers["Retry-After"]) <= 15 * 60 + 1
    assert sign_in(office.visitor(), "erin@acme.test").status == 429, "the right one waits too"
    code = code_in(office.mail_to("erin@acme.test"))
    locked.submit("code", code="AAAA-AAAA")
    assert locked.status == 422
    locked.submit("code", code=f"{code[:4].lower()} {code[4:]}")  # as people type it
    assert locked.path == "/login"
    assert "lifted" in locked.text
    assert locked.open("/account").path == "/login", "lifting a lock signs nobody in"
    office.signed_in("erin@acme.test")
    assert office.unread("erin@acme.test") == [], "one mail per lock"
    again = office.visitor().open("/unlock").submit("code", email="erin@acme.test", code=code)
    assert again.status == 422, "a code works once"


def test_an_unknown_address_is_locked_alike(office):
    office.member("frank@acme.test")
    known = lock_out(office, "frank@acme.test").text.replace("frank@", "")
    unknown = lock_out(office, "ghost@acme.test").text.replace("ghost@", "")
    digits = str.maketrans("", "", "0123456789")  # the times differ
    assert known.translate(digits) == unknown.translate(digits)
    office.quiet()
    assert office.unread("ghost@acme.test") == []


def test_administrators_lift_locks_where_they_see_them(office):
    office.member("grace@acme.test")
    lock_out(office, "grace@acme.test")
    assert "Locked" in office.alice.open(MEMBERS).text
    press(office.alice, "grace@acme.test", "Lift lock")
    assert office.alice.status == 200
    office.signed_in("grace@acme.test")
    assert office.mail_to("grace@acme.test").message["Subject"] == "Your unlock code"


def test_an_invited_person_sets_name_and_password_and_belongs(office):
    office.invite("heidi@partner.test", "admin")
    assert "heidi@partner.test" in office.alice.text
    mail = office.mail_to("heidi@partner.test")
    assert "Alice Admin" in mail.text
    assert "Acme" in mail.message["Subject"]
    link = link_in(mail)
    wait = office.alice
    office.quiet()
    pill = row_of(wait.open(MEMBERS), "heidi@partner.test").xpath(".//*[@data-value]")[0]
    assert (pill.get("data-value"), pill.text) == ("sent", "Sent")
    heidi = office.visitor().open(link)
    assert "Alice Admin" in heidi.text
    assert choose(heidi, link, "short").status == 422
    heidi.submit("password", name="Heidi", password=NEW, password_confirm=NEW)
    assert heidi.path == MEMBERS, heidi.text
    assert office.visitor().open(link).status == 410
    assert "Admin" in row_of(office.alice.open(MEMBERS), "heidi@partner.test").text_content()


def test_an_existing_person_accepts_while_signed_in_as_that_address(office):
    office.invite("ivan@acme.test")
    invitation = link_in(office.mail_to("ivan@acme.test"))
    office.alice.open(ADMINISTRATORS).submit("name", name="Ivan", email="ivan@acme.test")
    choose(office.visitor(), link_in(office.mail_to("ivan@acme.test")), NEW)
    visitor = office.visitor().open(invitation)
    assert not visitor.page.xpath('//input[@name="password"]'), "the account has one"
    other = office.signed_in("alice@acme.test").open(invitation)
    assert "signed in as somebody else" in other.text
    (href,) = visitor.page.xpath('//a[contains(@href, "/login")]/@href')
    visitor.open(href).submit("password", email="ivan@acme.test", password=NEW)
    assert visitor.path == invitation
    visitor.submit("csrf_token", to=invitation)
    assert visitor.path == MEMBERS, visitor.text
    press(office.alice.open(ADMINISTRATORS), "ivan@acme.test", "Remove")


def test_somebody_with_an_account_is_added_at_once_and_told_by_mail(office):
    office.alice.open(ADMINISTRATORS).submit("name", name="Judy", email="judy@acme.test")
    choose(office.visitor(), link_in(office.mail_to("judy@acme.test")), NEW)
    press(office.alice.open(ADMINISTRATORS), "judy@acme.test", "Demote")
    office.invite("judy@acme.test")
    assert office.alice.status == 200
    assert "a member of Acme" in office.mail_to("judy@acme.test").message["Subject"]
    assert office.signed_in("judy@acme.test", NEW).open(MEMBERS).status == 200


def test_sending_again_replaces_the_link_and_revoking_ends_it(office):
    office.invite("ken@partner.test")
    first = link_in(office.mail_to("ken@partner.test"))
    press(office.alice.open(MEMBERS), "ken@partner.test", "Send again")
    second = link_in(office.mail_to("ken@partner.test"))
    assert office.visitor().open(first).status in {404, 410}
    assert office.visitor().open(second).status == 200
    press(office.alice.open(MEMBERS), "ken@partner.test", "Revoke")
    ended = office.visitor().open(second)
    assert ended.status == 410
    assert "withdrawn" in ended.text
    assert "ken@partner.test" not in office.alice.open(MEMBERS).text


def test_a_pasted_list_gets_a_result_for_each_line(office):
    office.member("leo@acme.test")
    lines = ["mia@partner.test", "no address", "MIA@partner.test", "leo@acme.test",
             "nils@partner.test"]  # fmt: skip
    office.alice.open(MEMBERS).submit("emails", emails="\n".join(lines), role="member")
    assert "/lists/" in office.alice.path
    seen = {
        row.xpath('.//td[@data-label="Address"]')[0].text_content().strip(): row.get("data-outcome")
        for row in office.alice.page.xpath("//tr[@data-outcome]")
    }
    assert list(seen.values()) == ["invited", "invalid", "twice", "already-member", "invited"]
    for email in ("mia@partner.test", "nils@partner.test"):
        assert office.visitor().open(link_in(office.mail_to(email))).status == 200


def test_a_thousand_lines_are_taken_and_one_more_is_not(office):
    many = "\n".join(f"no address {number}" for number in range(999))
    office.alice.open(MEMBERS).submit("emails", emails=f"{many}\nolga@partner.test", role="member")
    assert office.alice.status == 200, office.alice.text[:500]
    assert office.alice.value("count-invalid") == "999"
    office.mail_to("olga@partner.test")
    office.alice.open(MEMBERS).submit("emails", emails=f"{many}\na@b.test\nc@d.test", role="member")
    assert office.alice.status == 422
    assert "1,000" in office.alice.text


def test_a_new_administrator_verifies_and_chooses_a_password_by_mail(office):
    office.alice.open(ADMINISTRATORS).submit("name", name="Peggy", email="peggy@acme.test")
    assert "Not verified yet" in row_of(office.alice, "peggy@acme.test").text_content()
    mail = office.mail_to("peggy@acme.test")
    assert "alice@acme.test" in mail.text
    peggy = office.visitor()
    choose(peggy, link_in(mail), NEW)
    sign_in(peggy, "peggy@acme.test", NEW)
    assert peggy.path == "/admin/system", peggy.text
    press(office.alice.open(ADMINISTRATORS), "peggy@acme.test", "Demote")
    assert peggy.open("/admin/system").path == "/login", "a demotion signs out"
    assert sign_in(peggy, "peggy@acme.test", NEW).open("/admin/system").status == 403
    # Promoted again: verified as they are, no mail is needed.
    office.alice.open(ADMINISTRATORS).submit("name", name="Peggy", email="peggy@acme.test")
    assert peggy.open("/admin/system").status == 200
    press(office.alice.open(ADMINISTRATORS), "peggy@acme.test", "Remove")
    assert peggy.open("/admin/system").path == "/login"
    assert office.unread("peggy@acme.test") == []


def test_sending_the_link_again_voids_the_older_one(office):
    office.alice.open(ADMINISTRATORS).submit("name", name="Quinn", email="quinn@acme.test")
    first = link_in(office.mail_to("quinn@acme.test"))
    press(office.alice.open(ADMINISTRATORS), "quinn@acme.test", "Send the link again")
    second = link_in(office.mail_to("quinn@acme.test"))
    assert office.visitor().open(first).status == 410
    assert office.visitor().open(second).status == 200
    press(office.alice.open(ADMINISTRATORS), "quinn@acme.test", "Remove")


def test_the_last_administrator_stays(office):
    page = office.alice.open(ADMINISTRATORS)
    row = row_of(page, "alice@acme.test")
    assert row.xpath(".//form[contains(@action, 'demote')]") == []
    user_id = 1
    for leave in ("demote", "remove"):
        page.open(ADMINISTRATORS).submit("name", to=f"{ADMINISTRATORS}/{user_id}/{leave}")
        assert page.status == 409
        assert "has to stay" in page.text
    assert page.open("/admin/system").status == 200


def test_a_changed_address_takes_effect_once_verified_and_the_old_one_is_told(office):
    rupert = office.member("rupert@acme.test")
    form = rupert.open("/account/email")
    form.submit("current_password", email="rupert@new.test", current_password=WRONG)
    assert form.status == 422
    form.submit("current_password", email="rupert@new.test", current_password=PASSWORD)
    assert form.path == "/account"
    assert "rupert@new.test" in form.text
    asked = office.mail_to("rupert@acme.test")
    assert asked.message["Subject"] == "Somebody asked to change your address"
    link = link_in(office.mail_to("rupert@new.test"))
    office.visitor().open(link)
    office.signed_in("rupert@acme.test")  # nothing changed by looking
    rupert.open(link).submit("csrf_token")
    assert "rupert@new.test" in rupert.open("/account").text
    done = office.mail_to("rupert@acme.test")
    assert done.message["Subject"] == "Your address was changed"
    assert sign_in(office.visitor(), "rupert@acme.test").status == 422
    office.signed_in("rupert@new.test")


def test_changing_the_password_signs_out_everywhere_else(office):
    here = office.member("sybil@acme.test")
    elsewhere = office.signed_in("sybil@acme.test")
    here.open("/account/password").submit("current_password", current_password=PASSWORD,
                                          password=NEW, password_confirm=NEW)  # fmt: skip
    assert here.path == "/account"
    assert here.open("/account").path == "/account"
    assert elsewhere.open("/account").path == "/login"
    assert office.mail_to("sybil@acme.test").message["Subject"] == "Your password was changed"
    assert sign_in(office.visitor(), "sybil@acme.test").status == 422
    office.signed_in("sybil@acme.test", NEW)


def test_every_step_is_audited_and_no_secret_is(office):
    log = office.alice.http.get("/admin/system/audit/export.jsonl").text
    for tag in ("password:reset", "login:locked", "login:unlocked", "invitation:created",
                "invitation:resent", "invitation:revoked", "administrator:created",
                "administrator:demoted", "administrator:removed", "account:email-changed",
                "password:changed"):  # fmt: skip
        assert f'"{tag}"' in log, tag
    secrets = {word for mail in office.relay.envelopes for word in SECRET.findall(mail.text)}
    assert len(secrets) > 20
    assert [secret for secret in secrets if secret in log] == []
    assert NEW not in log


def test_the_invitations_page_is_there_after_a_reload(office):
    assert office.alice.open(INVITATIONS).path == MEMBERS
