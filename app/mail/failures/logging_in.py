"""Explanations: the relay greets us coldly or does not let us log in.

Last, what to do about a relay whose only logins are of kinds that we do not speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Advice, Consequence, Entry, Step, StepName

ENTRIES = {
    Code.EHLO_REJECTED: Entry(
        "The relay does not accept the name we greet it with",
        "We introduce this server as {greeting}. {Relay} wants a full, public host name, or "
        "another one, and says so perhaps only later in the conversation.",
        (
            "Type a full public host name, such as mail.example.com, as greeting name under "
            "Advanced. Left empty it is taken from the access URL, or from the sender’s domain "
            "where the access URL has no full name.",
            "If the name is right, make it resolve in public DNS to this server’s address.",
        ),
        "ehlo_name",
    ),
    Code.AUTH_REQUIRED: Entry(
        "The relay wants a login",
        "{Relay} only takes mail from senders who log in, and no login was sent.",
        (
            "Enter user name and password of the relay account.",
            "If the relay should know this server by its IP address instead, ask its operator to "
            "allow the address.",
        ),
        "username",
    ),
    Code.AUTH_NOT_OFFERED: Entry(
        "The relay offers no login that we can use",
        "A user name is configured, but {relay} offers no login here, or only kinds that we do "
        "not speak (we speak PLAIN, LOGIN and CRAM-MD5). The connection check names what it "
        "offers.",
        (
            "If this relay trusts your network and needs no login, remove user name and password.",
            "Otherwise use the submission port 587 or 465 with TLS: many relays offer the login "
            "only there and only after encryption.",
        ),
        "username",
    ),
    Code.AUTH_BAD_CREDENTIALS: Entry(
        "The relay refuses our user name and password",
        "{Relay} does not accept the login as {user}. Trying on and on would lock the account.",
        (
            Step(
                "Type the password again. Look for a blank or line break that was copied along.",
                StepName.TYPE,
            ),
            Step(
                "Check what the provider wants as user name: often the full address, sometimes a "
                "fixed word or a key.",
                StepName.USER_NAME,
            ),
            "Check that the account is one of this very relay, region or data centre.",
        ),
        "password",
    ),
    Code.AUTH_APP_PASSWORD: Entry(
        "This account needs an app password",
        "The provider does not take the account’s own password from programs. {User} needs a "
        "separate password made for this purpose.",
        (
            "Create an app password in the account’s security settings; two-step verification "
            "usually has to be on first.",
            Step(
                "Enter the app password here without blanks, in place of the account’s password.",
                StepName.TYPE,
            ),
        ),
        "password",
    ),
    Code.AUTH_BASIC_DISABLED: Entry(
        "The provider has switched off password login over SMTP",
        "The password may well be right: logging in to {relay} with a password is switched off "
        "for {user} or for the whole organization.",
        (
            "Allow SMTP login for this account in the provider’s administration.",
            "If that is no longer possible, send through a relay or service that takes a password.",
        ),
        "username",
    ),
    Code.AUTH_POLICY: Entry(
        "A security policy blocks this login",
        "The provider recognised the account but a rule about place, device or risk does not let "
        "{user} in from this server.",
        (
            "Ask the account’s administrator which sign-in rule applied, and to exempt this "
            "account or this server’s address.",
            "Sign in once with a web browser and confirm any security question that waits there.",
        ),
        "username",
    ),
    Code.ACCOUNT_BLOCKED: Entry(
        "The sending account is blocked or not active",
        "The provider has locked, suspended or not yet activated the account that we send with, "
        "or its organization. Every message would be refused.",
        (
            "Sign in to the provider’s console and look for a notice: activation, payment, a "
            "spam complaint or a sending restriction.",
            "Resolve it there or write to the provider’s support, then press “Resume sending” "
            "under System → Mailer. A test email does not end the pause.",
        ),
    ),
    Code.OAUTH_REJECTED: Entry(
        "The provider refuses the token or the app registration",
        "The login was attempted with a token, and the token, the registered application behind "
        "it or its right to this mailbox was refused.",
        (
            "Check the registered application: tenant, client, secret value (not its ID), and "
            "the secret’s expiry date.",
            "Check that the application may send as this mailbox; a new permission can take up "
            "to two hours to take effect.",
        ),
        "username",
    ),
    Code.AUTH_TEMPORARY: Entry(
        "The relay cannot check the login just now",
        "{Relay} had trouble of its own while it checked user name and password; that says "
        "nothing about the password.",
        (
            "Wait a few minutes and check again. Leave the password as it is.",
            "If it lasts, ask the relay’s operator about the authentication service.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
}


NO_TOKENS_TAKEN = Advice(
    "The login is to show a token, and {relay} takes none: it offers neither XOAUTH2 nor "
    "OAUTHBEARER here. A password is not tried in its place.",
    (
        "Check that host and port are the provider’s own: other relays take no such tokens.",
        "If this relay is yours and wants a password, choose SMTP as provider.",
    ),
    "host",
    replaces=True,
)
"""Stands for every kind of login where a token is to be shown."""


@dataclass(frozen=True)
class Kind:
    """Mechanisms by the beginnings of their names, and their cure."""

    names: tuple[str, ...]
    cure: str

    def among(self, offered: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in offered if name.startswith(self.names))


KINDS = (
    Kind(
        ("NTLM", "GSSAPI", "GSS-SPNEGO", "KERBEROS"),
        "{names}: a Windows sign-in, as Exchange offers it. Have the receive connector for this "
        "server allow Basic authentication after TLS, or take mail from this server’s address "
        "without a login.",
    ),
    Kind(
        ("XOAUTH2", "OAUTHBEARER"),
        "{names}: a sign-in by token. Choose the provider’s own entry above if it is listed, or "
        "have password or app password login allowed for SMTP.",
    ),
    Kind(
        ("DIGEST-MD5", "SCRAM-"),
        "{names}: ask the relay’s operator to offer PLAIN or LOGIN as well. After TLS nobody on "
        "the way can read the password.",
    ),
    Kind(
        ("EXTERNAL",),
        "{names}: a sign-in by client certificate. Ask the relay’s operator for a user name and "
        "password, or to allow this server’s address.",
    ),
)


def cures(offered: Sequence[str]) -> Iterator[str]:
    """A step for each kind among the offered mechanisms."""
    for kind in KINDS:
        if names := kind.among(offered):
            yield kind.cure.format(names=listed(names))


def every_cure() -> Iterator[str]:
    """A step for each kind, where it is not known what is offered."""
    for kind in KINDS[:2]:
        names = ("NTLM", "GSSAPI") if kind is KINDS[0] else kind.names
        yield "If it offers nothing but " + kind.cure.format(names=listed(names))


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last
