"""The Cloud edition on the running server: mail from the environment, signup, no mail pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.server import main
from tests.functional.install import PASSWORD, ROOT, Person, RunningInstall, sign_in, walk_wizard
from tests.functional.office import (
    ADMINISTRATORS,
    MAILER,
    Office,
    code_in,
    link_in,
    running,
)
from tests.functional.test_flows import NEW
from tests.smtpd import Relay

pytestmark = pytest.mark.process

SIX_DIGITS = "[0-9]{6}"
SECRET = "managed-canary"
SENDER = "Novantra Cloud <cloud@novantra.test>"
GOOD = f"smtp://relay:{SECRET}@relay.novantra.test:587"


def cloud(relay: Relay, **environment: str) -> dict[str, str]:
    return {
        "NOVANTRA_EDITION": "cloud",
        "NOVANTRA_ACCESS_URL": "https://cloud.novantra.test",
        "NOVANTRA_MANAGED_MAIL_URL": f"smtp://relay:{SECRET}@127.0.0.1:{relay.port}?tls=none",
        "NOVANTRA_MANAGED_MAIL_SENDER": SENDER,
        **environment,
    }


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with Relay(users={"relay": SECRET}, require_auth=True) as relay:
        yield relay


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[RunningInstall]:
    """The links in its mails name the access URL; the tests open their paths on this server."""
    with running(tmp_path_factory.mktemp("cloud"), **cloud(relay)) as install:
        yield install


@pytest.fixture(scope="module")
def operator(install: RunningInstall) -> Person:
    done = install.command("users", "create-admin", "--email", "op@novantra.test", "--name", "Op",
                           "--password-stdin", stdin=PASSWORD + "\n")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return sign_in(Person(install.url), "op@novantra.test")


@pytest.fixture(scope="module")
def office(install: RunningInstall, relay: Relay, operator: Person) -> Office:
    return Office(install, relay, operator)


def sign_up(office: Office, email: str, organization: str) -> Person:
    person = office.visitor().open("/signup").submit("email", email=email)
    assert person.path == "/signup/code", person.text
    person.submit("code", code=code_in(office.mail_to(email), SIX_DIGITS))
    assert person.path == "/signup/account", person.text
    person.submit("organization_name", name="Nia", organization_name=organization,
                  password=PASSWORD, password_confirm=PASSWORD)  # fmt: skip
    return person


def test_a_code_an_account_and_an_organization(office):
    visitor = office.visitor().open("/")
    assert visitor.path == "/login"
    assert "/signup" in visitor.page.xpath("//a/@href")
    nia = sign_up(office, "nia@globex.test", "Globex")
    assert nia.path == "/organizations/globex/members", nia.text
    assert "first admin" in nia.text
    mail = office.relay.envelopes[-1]
    assert mail.message["From"].addresses[0].addr_spec == "cloud@novantra.test"
    assert mail.message["From"].addresses[0].display_name == "Novantra Cloud"
    # Their own mails use the managed mailer too.
    nia.submit("email", email="omar@globex.test", role="member")
    invitation = office.mail_to("omar@globex.test")
    assert "https://cloud.novantra.test/invitations/" in invitation.text
    omar = office.visitor().open(link_in(invitation))
    omar.submit("password", name="Omar", password=NEW, password_confirm=NEW)
    assert omar.path == "/organizations/globex/members"


def test_a_wrong_code_is_refused_five_times_and_then_even_the_right_one(office):
    person = office.visitor().open("/signup").submit("email", email="pat@globex.test")
    code = code_in(office.mail_to("pat@globex.test"), SIX_DIGITS)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert person.submit("code", code=wrong).status == 422
    assert person.submit("code", code=code).status == 422
    person.open("/signup").submit("email", email="pat@globex.test")
    newest = code_in(office.mail_to("pat@globex.test"), SIX_DIGITS)
    assert person.submit("code", code=f"{newest[:3]} {newest[3:]}").path == "/signup/account"


def test_a_known_address_looks_the_same_and_its_owner_is_told_by_mail(office):
    sign_up(office, "quy@initech.test", "Initech")
    known = office.visitor().open("/signup").submit("email", email="quy@initech.test")
    new = office.visitor().open("/signup").submit("email", email="new@initech.test")
    assert (known.status, known.path) == (new.status, new.path)
    assert "already have" in office.mail_to("quy@initech.test").message["Subject"]


def test_two_organizations_of_one_name_are_kept_apart(office):
    first = sign_up(office, "ray@hooli.test", "Hooli")
    second = sign_up(office, "sue@hooli.test", "Hooli")
    assert first.path != second.path
    assert second.open(first.path).status in {403, 404}


def test_no_mail_page_exists_for_anyone_and_nothing_links_to_one(office):
    tenant = sign_up(office, "tom@umbrella.test", "Umbrella")
    gone = (MAILER, f"{MAILER}?provider=smtp", f"{MAILER}/test", f"{MAILER}/check",
            f"{MAILER}/resume", f"{MAILER}/explain", "/setup", "/setup/mail",
            "/setup/administrator")  # fmt: skip
    for person in (office.visitor(), tenant, office.alice):
        for path in gone:
            assert person.http.get(path).status_code == 404, path
            assert person.http.post(path, data={"host": "evil.test"}).status_code in {400, 404}
    for person, pages in (
        (office.visitor(), ("/login", "/signup", "/forgot-password")),
        (tenant, ("/account", "/organizations/umbrella/members")),
        (office.alice, ("/admin/system", ADMINISTRATORS, "/admin/system/audit", "/account")),
    ):
        for path in pages:
            page = person.open(path)
            assert page.status == 200, path
            hrefs = [str(href) for href in page.page.xpath("//@href | //@action")]
            assert [href for href in hrefs if "/mailer" in href or "/setup" in href] == [], path


def test_the_console_works_for_the_operator_and_for_no_tenant(office):
    for path in ("/admin/system", ADMINISTRATORS, "/admin/system/audit",
                 "/admin/system/mail-activity"):  # fmt: skip
        answer = office.alice.http.get(path)
        assert answer.status_code in {200, 404}, path
        assert SECRET not in answer.text
    tenant = sign_up(office, "uma@stark.test", "Stark")
    for path in ("/admin/system", ADMINISTRATORS, "/admin/system/audit"):
        assert tenant.open(path).status == 403
    office.alice.open(ADMINISTRATORS).submit("name", name="Vic", email="vic@novantra.test")
    vic = office.visitor().open(link_in(office.mail_to("vic@novantra.test")))
    vic.submit("password", password=NEW, password_confirm=NEW)
    assert sign_in(vic, "vic@novantra.test", NEW).path == "/admin/system"


def test_resets_and_unlocks_work_with_the_managed_mailer(office):
    sign_up(office, "wes@wayne.test", "Wayne")
    office.visitor().open("/forgot-password").submit("email", email="wes@wayne.test")
    visitor = office.visitor().open(link_in(office.mail_to("wes@wayne.test")))
    visitor.submit("password", password=NEW, password_confirm=NEW)
    assert sign_in(visitor, "wes@wayne.test", NEW).path == "/organizations/wayne/members"


def test_the_command_line_knows_the_managed_mailer_and_tells_no_secret(office):
    status = office.install.command("mailer", "status", "--json")
    assert status.returncode == 0, status.stdout + status.stderr
    assert '"state": "configured"' in status.stdout
    token = office.install.command("setup", "token")
    assert token.returncode != 0
    assert "create-admin" in token.stderr
    assert SECRET not in status.stdout + status.stderr + office.install.log


def test_without_mail_signing_up_is_closed_and_says_so(tmp_path):
    environment = {
        "NOVANTRA_EDITION": "cloud",
        "NOVANTRA_ACCESS_URL": "https://cloud.novantra.test",
    }
    with running(tmp_path, **environment) as install:
        person = Person(install.url).open("/signup").submit("email", email="nia@globex.test")
        assert person.status == 503
        assert "closed" in person.text


def test_in_sovereign_there_is_no_signup(tmp_path):
    with running(tmp_path) as install:
        walk_wizard(install, Person(install.url))
        for path in ("/signup", "/signup/code", "/signup/account"):
            assert Person(install.url).http.get(path).status_code == 404
            assert Person(install.url).http.post(path).status_code in {400, 404}
        assert "/signup" not in Person(install.url).open("/login").response.text


REFUSED = {
    "no access URL": ({"NOVANTRA_ACCESS_URL": ""}, "NOVANTRA_ACCESS_URL"),
    "an access URL with a path": ({"NOVANTRA_ACCESS_URL": "cloud.test/x y"}, "NOVANTRA_ACCESS_URL"),
    "another scheme": ({"url": f"http://relay:{SECRET}@relay.test"}, "smtp://"),
    "no host": ({"url": f"smtp://relay:{SECRET}@"}, "host"),
    "no port number": ({"url": f"smtp://relay:{SECRET}@relay.test:mail"}, "port"),
    "port 0": ({"url": f"smtp://relay:{SECRET}@relay.test:0"}, "port"),
    "port 70000": ({"url": f"smtp://relay:{SECRET}@relay.test:70000"}, "port"),
    "a slash in the password": ({"url": f"smtp://relay:{SECRET}/x@relay.test"}, "ncode"),
    "a bad escape": ({"url": f"smtp://relay:{SECRET}%zz@relay.test"}, "%25"),
    "a line break in the password": ({"url": f"smtp://relay:{SECRET}%0d%0a@relay.test"}, "control"),
    "a name without a password": ({"url": "smtp://relay@relay.test"}, "password"),
    "no encryption over the internet": (
        {"url": f"smtp://relay:{SECRET}@relay.novantra.com?tls=none"}, "loopback"),
    "an unknown option": ({"url": f"smtp://relay:{SECRET}@relay.test?verify=no"}, "timeout"),
    "an endless timeout": ({"url": f"smtp://relay:{SECRET}@relay.test?timeout=999"}, "120"),
    "a path": ({"url": f"smtp://relay:{SECRET}@relay.test/inbox"}, "after the host"),
    "no sender": ({"sender": ""}, "NOVANTRA_MANAGED_MAIL_SENDER"),
    "a sender that is no address": ({"sender": "Novantra <cloud>"}, "NOVANTRA_MANAGED_MAIL_SENDER"),
    "two lines of sender": ({"sender": "A\nBcc: eve@evil.test <a@b.test>"}, "SENDER"),
    "a sender without a relay": ({"url": ""}, "NOVANTRA_MANAGED_MAIL_URL"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_malformed_environment_is_refused_at_start_and_shows_no_secret(
    case, tmp_path, relay, monkeypatch, capsys
):
    changes, said = REFUSED[case]
    names = {"url": "NOVANTRA_MANAGED_MAIL_URL", "sender": "NOVANTRA_MANAGED_MAIL_SENDER"}
    environment = {
        **cloud(relay, NOVANTRA_MANAGED_MAIL_URL=GOOD, NOVANTRA_DATA_DIR=str(tmp_path / "data")),
        **{names.get(name, name): value for name, value in changes.items()},
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.startswith("Novantra cannot start: ")
    assert len(shown.err.strip().splitlines()) == 1
    assert SECRET not in shown.out + shown.err
    assert not (tmp_path / "data").exists(), "nothing was begun"


@pytest.mark.parametrize(
    "words", [("-m", "app.server"), ("-m", "flask", "--app", "wsgi", "routes")]
)
def test_the_process_ends_with_one_sentence_and_no_traceback(words, tmp_path, relay):
    url = f"http://relay:{SECRET}@relay.test"
    environment = cloud(relay, NOVANTRA_MANAGED_MAIL_URL=url)
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=RunningInstall(tmp_path / "data", **environment).environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "NOVANTRA_MANAGED_MAIL_URL must begin with smtp:// or smtps://" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
