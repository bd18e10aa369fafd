"""Microsoft 365 and Google: what each way to sign in needs, and every mistake beside its field."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.mail.oauth.services import Cloud
from app.mailer.providers.microsoft365.shell import Lines, quoted
from tests.conftest import Clock
from tests.mailer.conftest import Stored
from tests.mailer.pages import MailerPage, Page

TENANT = "5f2c3b1e-7a43-4c1e-b1d2-0a5f3c9e8d10"
CLIENT = "8e9b1c52-03ac-4f8e-9d1b-6a1f0c3f7a21"
SECRET = "Qx8~abcDEF.ghi-jkl_MNO.pqr~stuVWX0123456"
GOOGLE_CLIENT = "123456789012-ab12cd34.apps.googleusercontent.com"


def microsoft(way: str, **changes: str | None) -> dict[str, Any]:
    """What an administrator types for that way."""
    return {
        "provider": "microsoft365",
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "login_method": way,
        "username": "novantra@acme.test",
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "client_credential": "secret",
        "client_secret": SECRET if way in {"app", "person"} else "",
        "client_secret_ends": "",
        **changes,
    }


def google(way: str, **changes: str | None) -> dict[str, Any]:
    return {
        "provider": "google",
        "sender_address": "novantra@acme.test",
        "login_method": way,
        "username": "novantra@acme.test",
        "client_id": GOOGLE_CLIENT,
        "client_secret": "GOCSPX-abcdefghijklmnop" if way == "person" else "",
        **changes,
    }


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> str:
    hidden = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, hidden).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file(**changes: Any) -> str:
    """Google's, with another private key inside."""
    values = {
        "type": "service_account",
        "client_email": "novantra@acme-mail.iam.gserviceaccount.com",
        "private_key_id": "0123456789abcdef",
        "private_key": pem(RSA),
        "client_id": "117000000000000000000",
    }
    return json.dumps(values | changes)


@pytest.mark.parametrize(
    ("provider", "ways"),
    [
        ("microsoft365", ("app", "person", "device", "password")),
        ("google", ("service_account", "person", "password")),
    ],
)
def test_a_way_is_chosen_by_the_address_without_a_script(
    page: MailerPage, provider: str, ways: tuple[str, ...]
) -> None:
    for way in ways:
        answer = page.client.get(f"/admin/system/mailer?provider={provider}&login_method={way}")
        assert f'id="login_method-{way}" checked' in answer.text
    recommended = page.open(provider)
    assert recommended.fields["login_method"] == ways[0]


@pytest.mark.parametrize("way", ["app", "person", "device"])
def test_microsoft_365_is_saved_with_what_the_way_uses_and_no_more(
    page: MailerPage, stored: Stored, way: str
) -> None:
    answer = page.save(**microsoft(way, client_secret_ends="2027-03-31"))
    assert answer.status == 303, answer.errors("tenant_id")
    row = stored.only
    assert (row.login_method, row.tenant_id, row.client_id) == (way, TENANT, CLIENT)
    assert row.cloud == "commercial"
    assert row.client_secret_ends == (None if way == "device" else "2027-03-31")
    assert (row.password_sealed is None) == (way == "device")
    shown = page.open()
    assert SECRET not in shown.text
    assert shown.fields["tenant_id"] == TENANT
    assert ("stored, encrypted" in shown.words) == (way != "device")


@pytest.mark.parametrize("way", ["service_account", "person", "password"])
def test_google_is_saved_with_what_the_way_uses_and_no_more(
    page: MailerPage, stored: Stored, way: str
) -> None:
    typed = {
        "service_account": {"service_account_key": key_file()},
        "person": {},
        "password": {"password": "abcd efgh ijkl mnop"},
    }[way]
    answer = page.save(**google(way, **typed))
    assert answer.status == 303, answer.words
    row = stored.only
    assert (row.provider, row.login_method, row.host) == ("google", way, "smtp.gmail.com")
    assert row.client_id == (GOOGLE_CLIENT if way == "person" else None)
    assert row.tenant_id is None
    assert row.password_sealed is not None
    assert "PRIVATE KEY" not in page.open().text


MISTAKES = [
    ("app", "tenant_id", "", "Type the Directory (tenant) ID"),
    ("app", "tenant_id", "not a tenant", "This is no tenant"),
    ("app", "tenant_id", "hr@acme.test", "Type the domain alone, acme.test"),
    ("app", "tenant_id", f"https://login.microsoftonline.com/{TENANT}/", f"Leave only {TENANT}"),
    ("app", "tenant_id", "common", "An application belongs to one tenant"),
    ("app", "tenant_id", "a" * 300, "no tenant"),
    ("app", "client_id", "", "Type the Application (client) ID"),
    ("app", "client_id", "Novantra", "This is no client ID"),
    ("app", "client_id", TENANT, "This is the tenant ID once more"),
    ("app", "client_id", GOOGLE_CLIENT, "Choose Google"),
    ("app", "client_secret", "", "Type the Value of a client secret"),
    ("app", "client_secret", CLIENT, "This is the secret’s ID"),
    ("app", "client_secret", CLIENT.upper(), "This is the secret’s ID"),
    ("app", "client_secret", f"{SECRET}\n", "a blank or a line break"),
    ("app", "client_secret", "short", "too short"),
    ("app", "client_secret_ends", "31.03.2027", "2027-03-31"),
    ("app", "client_secret_ends", "2027-02-30", "2027-03-31"),
    ("app", "cloud", "mars", "Choose one of these"),
    ("app", "client_credential", "stamp", "Choose one of these"),
    ("app", "username", "novantra", "@"),
    ("person", "client_secret", CLIENT, "This is the secret’s ID"),
    ("device", "client_id", "", "Type the Application (client) ID"),
]


@pytest.mark.parametrize(("way", "field", "typed", "words"), MISTAKES)
def test_a_mistake_is_named_beside_its_field_and_the_rest_is_kept(
    page: MailerPage, stored: Stored, way: str, field: str, typed: str, words: str
) -> None:
    answer = page.save(**microsoft(way, **{field: typed}))
    assert answer.status == 422
    assert words in " ".join(answer.errors(field)), answer.words
    assert stored.row is None
    assert answer.fields["sender_name"] == "Acme HR"
    assert answer.fields["login_method"] == way
    assert SECRET not in answer.text
    for name, value in {"tenant_id": TENANT, "client_id": CLIENT}.items():
        assert name == field or answer.fields[name] == value


def test_what_is_wrong_with_a_field_of_another_way_refuses_nothing(
    page: MailerPage, stored: Stored
) -> None:
    odd = {"tenant_id": "\x01", "client_secret_ends": "soon", "client_credential": "stamp"}
    answer = page.save(**microsoft("password", password="Kanari-47 secret", **odd))
    assert answer.status == 303
    assert stored.only.tenant_id is None


def test_a_password_typed_all_by_itself_means_just_that(page: MailerPage, stored: Stored) -> None:
    nothing = {"tenant_id": "", "client_id": "", "client_secret": ""}
    answer = page.save(**microsoft("app", password="Kanari-47 secret", **nothing))
    assert answer.status == 303
    assert stored.only.login_method == "password"


KEY_FILES = [
    ("", "Paste the key file"),
    ("{", "not a key file"),
    ("[]", "no key file of Google’s"),
    ('{"web": {"client_id": "x"}}', "an OAuth client, not of a service account"),
    (key_file(type="authorized_user"), "service_account"),
    (key_file(private_key=pem(ec.generate_private_key(ec.SECP256R1()))), "not an RSA key"),
    (key_file(private_key=pem(RSA, b"passphrase")), "has a passphrase"),
    (key_file(private_key="-----BEGIN PRIVATE KEY-----\nabc"), "cannot be read"),
    (key_file(padding="x" * 1_048_576), "too long for a key file"),
    ("é" * 500_000, "too long"),  # a megabyte of UTF-8
]


@pytest.mark.parametrize(("text", "words"), KEY_FILES, ids=[words for _, words in KEY_FILES])
def test_a_wrong_key_file_is_refused_beside_its_field_and_never_shown(
    page: MailerPage, stored: Stored, text: str, words: str
) -> None:
    answer = page.save(**google("service_account", service_account_key=text))
    assert answer.status == 422
    assert words in " ".join(answer.errors("service_account_key")), answer.words[:2000]
    assert answer.fields["username"] == "novantra@acme.test"
    assert "PRIVATE KEY" not in answer.text
    assert "xxxxxxxx" not in answer.text
    assert stored.row is None


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("client_id", "", "Type the client ID"),
        ("client_id", "123456789012", "only its beginning"),
        ("client_id", CLIENT, "an ID of Microsoft’s"),
        ("client_id", "GOCSPX-abc", "This is the client secret"),
        ("client_id", "x@y.iam.gserviceaccount.com", "This is a service account"),
        ("client_secret", "", "Type the client secret"),
        ("client_secret", GOOGLE_CLIENT, "This is the client ID"),
        ("client_secret", '{"web": {}}', "a whole file"),
    ],
)
def test_googles_ids_are_told_apart(page: MailerPage, field: str, typed: str, words: str) -> None:
    answer = page.save(**google("person", **{field: typed}))
    assert answer.status == 422
    assert words in " ".join(answer.errors(field))


def test_what_only_looks_unusual_is_saved(page: MailerPage) -> None:
    """The sign-in service is the judge of an ID and a secret that could be right."""
    unusual = "novantra-mail.apps.googleusercontent.com"
    assert page.save(**google("person", client_id=unusual)).status == 303


def test_a_gmail_account_has_no_service_account(page: MailerPage) -> None:
    typed = google("service_account", service_account_key=key_file(), username="acme@gmail.com")
    answer = page.save(**typed)
    assert answer.status == 422
    assert "Gmail address" in answer.words


def test_the_certificate_is_made_here_and_only_its_public_half_leaves(
    page: MailerPage, stored: Stored
) -> None:
    typed = microsoft("app", client_credential="certificate", client_secret="")
    before = page.client.get("/admin/system/mailer/certificate")
    assert before.status_code == 409
    assert page.save(**typed).status == 303
    shown = page.open()
    assert "upload" in shown.words.lower()
    file = page.client.get("/admin/system/mailer/certificate")
    assert file.headers["Content-Disposition"].endswith('.cer"')
    found = x509.load_pem_x509_certificate(file.data)
    thumbprint = found.fingerprint(hashes.SHA1())  # noqa: S303 - as Entra shows it
    assert thumbprint.hex().upper() in shown.text
    assert "PRIVATE KEY" not in shown.text + file.text
    row = stored.only
    assert row.password_sealed is not None
    assert "PRIVATE" not in row.password_sealed
    page.save(sender_name="Acme People")
    assert page.client.get("/admin/system/mailer/certificate").data == file.data
    assert page.save(remove_password="y").status == 303
    assert page.client.get("/admin/system/mailer/certificate").data != file.data


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("commercial", "smtp.office365.com"),
        ("us_gov_high", "smtp.office365.us"),
        ("china", "smtp.partner.outlook.cn"),
    ],
)
def test_the_relay_follows_the_cloud(
    page: MailerPage, stored: Stored, cloud: str, host: str
) -> None:
    assert page.save(**microsoft("app", cloud=cloud)).status == 303
    assert stored.only.host == host


def test_the_powershell_lines_hold_the_ids_of_this_configuration(page: MailerPage) -> None:
    page.save(**microsoft("app"))
    words = page.open().words
    assert f"Get-MgServicePrincipal -Filter 'appId eq ''{CLIENT}'''" in words
    assert "Add-MailboxPermission -Identity 'novantra@acme.test'" in words
    assert "60 to 120 minutes" in words


def test_a_powershell_line_takes_nothing_for_a_command() -> None:
    evil = "x'; Remove-Mailbox 'a’; $(Stop-Computer)`"
    assert quoted(evil) == "'x''; Remove-Mailbox ''a’’; $(Stop-Computer)`'"
    lines = Lines(Cloud.CHINA, "", evil, "hr@acme.test")
    for line in (lines.by_permission, lines.by_role, lines.smtp_on, lines.send_as or ""):
        outside = line.replace("''", "").replace("’’", "").split("'")[::2]
        assert not any("Stop-Computer" in part or "Remove" in part for part in outside), line
    assert "O365China" in lines.exchange


def test_the_redirect_address_is_the_access_urls(page: MailerPage) -> None:
    for provider in ("microsoft365", "google"):
        shown = page.open(provider)
        assert "https://hr.acme.test/admin/system/mailer/connected" in shown.text


def test_an_end_that_comes_near_is_told_on_the_page_and_the_overview(
    page: MailerPage, clock: Clock
) -> None:
    ends = (clock() + timedelta(days=10)).date().isoformat()
    assert page.save(**microsoft("app", client_secret_ends=ends)).status == 303
    assert page.open().fact("token-state") == "expiring"
    overview = Page(page.client.get("/admin/system"))
    assert "Client secret of mail" in overview.words
    assert "Mail stops then unless there is a new one" in overview.words
    later = (clock() + timedelta(days=200)).date().isoformat()
    page.save(client_secret_ends=later, login_method="app")
    assert "Client secret of mail" not in Page(page.client.get("/admin/system")).words


def test_google_wants_the_client_secret_again_for_another_client_or_mailbox(
    page: MailerPage, stored: Stored
) -> None:
    assert page.save(**google("password", password="abcdefghijklmnop")).status == 303
    answer = page.save(**google("person", client_secret=""))
    assert answer.status == 422, "the app password is no client secret"
    assert "client secret" in " ".join(answer.errors("client_secret"))
    assert page.save(**google("person")).status == 303
    assert page.save(**google("person", client_secret="", sender_name="Acme")).status == 303
    for change in ({"username": "other@acme.test"}, {"client_id": "9" + GOOGLE_CLIENT}):
        answer = page.save(**google("person", client_secret="", **change))
        assert answer.status == 422
        assert answer.errors("client_secret"), change
    assert stored.only.password_sealed is not None


def test_a_persons_client_secret_is_not_dropped_unseen(page: MailerPage, stored: Stored) -> None:
    assert page.save(**microsoft("person")).status == 303
    other = microsoft("person", client_secret="", username="other@acme.test")
    answer = page.save(**other)
    assert answer.status == 422
    assert answer.errors("client_secret")
    assert page.save(**other, remove_password="y").status == 303
    assert stored.only.password_sealed is None
    assert page.save(**microsoft("person", client_secret="")).status == 303, "it needs none"
