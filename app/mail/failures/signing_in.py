"""Explanations: the sign-in service gives no token.

First what a code means there and not at a relay; then what Microsoft's numbers and the words of the
standard say more exactly. Sources: learn.microsoft.com "Microsoft Entra authentication and
authorization error codes"; RFC 6749 section 5.2; developers.google.com "Using OAuth 2.0".
"""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Advice, Consequence, Entry

_LATER = "Wait a few minutes: mail goes out by itself when the service answers again."
_CHECK_WAY = (
    "Check that this server may reach {service} on port 443: a firewall, a proxy that wants to be "
    "asked, or a missing route."
)

ENTRIES = {
    Code.DNS_NOT_FOUND: Entry(
        "The sign-in service’s name does not exist for this server",
        "The name system answered that there is no address for {service}, where the token comes "
        "from.",
        ("Check this server’s name server. {Service} is a public name.",),
    ),
    Code.DNS_TEMPORARY: Entry(
        "The sign-in service’s name could not be looked up just now",
        "The name server that this machine uses did not answer the question for {service}.",
        (_LATER, "If it stays like this, test name resolution on this server."),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.NETWORK_UNREACHABLE: Entry(
        "The sign-in service cannot be reached",
        "There is no connection from this server to {service}, where the token comes from.",
        (_CHECK_WAY,),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.CONNECT_TIMEOUT: Entry(
        "The sign-in service does not answer in time",
        "{Service}, where the token comes from, was asked and did not answer within 20 seconds.",
        (_LATER, _CHECK_WAY),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.TLS_FAILED: Entry(
        "The connection to the sign-in service is not safe",
        "The encryption with {service} failed, or its certificate is not one that this server "
        "trusts. Nothing secret was sent.",
        (
            "If a gateway reads all encrypted traffic here, exempt {service} from it, or point "
            "NOVANTRA_OAUTH_MICROSOFT or NOVANTRA_OAUTH_GOOGLE to it.",
            "Check this server’s clock and its list of certificate authorities.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.PROTOCOL_ERROR: Entry(
        "Something else answers in place of the sign-in service",
        "What came from {service} is not an answer that a sign-in service gives. Most often a "
        "gateway or a login page of the network stands in between.",
        (
            _CHECK_WAY,
            "If NOVANTRA_OAUTH_MICROSOFT or NOVANTRA_OAUTH_GOOGLE is set, check what answers "
            "there.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.AUTH_TEMPORARY: Entry(
        "The sign-in service has trouble of its own",
        "{Service} could not give a token just now; that says nothing about what was entered here.",
        (_LATER, "If it lasts, look at the provider’s status page."),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.RATE_LIMITED: Entry(
        "The sign-in service wants to be asked less often",
        "{Service} was asked for tokens too often in a short time.",
        (_LATER, "If other programs use the same registered application, give them one each."),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.AUTH_BAD_CREDENTIALS: Entry(
        "The person’s password has expired or is wrong",
        "{Service} gives no token for {user} before that person has signed in again.",
        ("Sign in as {user} with a browser once, then connect the mailbox again.",),
        "login_method",
    ),
    Code.AUTH_POLICY: Entry(
        "A security policy of the organization forbids this sign-in",
        "{Service} knows {user} and the application, and a rule about place, device, risk or a "
        "second factor stops them.",
        (
            "Ask the organization’s administrator which rule applied: it stands in the sign-in "
            "logs. Exempt this application or this server’s address.",
            "Logging in as an application (app-only) knows no second factor.",
        ),
        "login_method",
    ),
    Code.ACCOUNT_BLOCKED: Entry(
        "The account cannot be used",
        "{Service} says that {user} is disabled, locked or unknown in this organization.",
        (
            "Look at the account in the administration of the organization: enabled, licensed, "
            "and a member of it rather than a guest.",
        ),
        "username",
    ),
    Code.OAUTH_REJECTED: Entry(
        "The sign-in service gives no token",
        "{Service} refuses the registered application, what it shows as proof, or the permission "
        "that it was given.",
        (
            "Compare the IDs and the secret’s value (not its ID) with the registered application, "
            "and see when the secret ends.",
            "If a person connected the mailbox, connect it again.",
        ),
        "client_id",
    ),
}
"""The entries for the phase ``token``."""

_CONNECT_AGAIN = "Press “Connect” on the mailer page and sign in again."
_CONSENT = "Have an administrator grant consent for the organization, then connect again."

_ENTRA: dict[tuple[int, ...], Advice] = {
    (700016,): Advice(
        "There is no application with this client ID in the tenant: one of the two IDs was typed "
        "wrong, or the application is registered in another tenant.",
        (
            "Compare client ID and tenant ID with the Overview page of the app registration.",
            "An application for a single organization needs that organization’s own tenant ID.",
        ),
        "client_id",
    ),
    (7000215,): Advice(
        "The client secret is wrong. Usually the secret’s ID was copied in place of its value.",
        (
            "Under Certificates & secrets make a new client secret and copy its Value at once: it "
            "is shown only then.",
        ),
        "client_secret",
    ),
    (7000222,): Advice(
        "The client secret is past its end date.",
        (
            "Under Certificates & secrets make a new client secret, and type its Value and its "
            "end here.",
            "Or use a certificate: it lasts two years and no secret has to be copied.",
        ),
        "client_secret",
    ),
    (7000218,): Advice(
        "The application has to prove itself, and no secret was sent.",
        (
            "Enter the client secret. For a sign-in with a code, switch on “Allow public client "
            "flows” under Authentication instead.",
        ),
        "client_secret",
    ),
    (700025,): Advice(
        "The application is registered as a public client, which has no secret, yet one was sent.",
        ("Remove the client secret here, or register the platform as Web.",),
        "client_secret",
    ),
    (700027, 50012, 700030): Advice(
        "The application does not know the certificate, or this server’s clock is wrong.",
        (
            "Upload the certificate that the mailer page shows, under Certificates & secrets, and "
            "compare the thumbprint.",
            "Check this server’s clock: it may be off by five minutes at most.",
        ),
        "client_credential",
    ),
    (7000112, 70001): Advice(
        "The application is disabled in this organization.",
        ("Under Enterprise applications → Properties set “Enabled for users to sign-in” to Yes.",),
        "client_id",
    ),
    (90002,): Advice(
        "There is no such tenant, or it lives in another of Microsoft’s clouds.",
        ("Check the tenant ID, and choose the right cloud.",),
        "tenant_id",
    ),
    (90038, 900432, 900382): Advice(
        "The tenant lives in another of Microsoft’s clouds.",
        ("Choose that cloud.",),
        "cloud",
    ),
    (50194, 9001023, 50059, 50128): Advice(
        "The tenant ID is missing or stands for any organization, which this login does not take.",
        ("Enter the tenant ID from the Overview page of the app registration.",),
        "tenant_id",
    ),
    (65001, 65004, 650056, 650057, 65005): Advice(
        "The permission for mail is missing at the application, or nobody has agreed to it.",
        (
            "Under API permissions add the Exchange permission that the mailer page names, and "
            "grant admin consent.",
            _CONNECT_AGAIN,
        ),
        "client_id",
    ),
    (90094, 90095): Advice(
        "The organization wants an administrator to agree to the application.",
        (_CONSENT,),
        "client_id",
    ),
    (500011, 650052): Advice(
        "Exchange Online is not part of this organization.",
        ("Check that the organization has a licence with Exchange Online.",),
        "tenant_id",
    ),
    (70011, 28002): Advice(
        "The permission that was asked for does not exist in this cloud.",
        ("Choose the cloud that the tenant lives in.",),
        "cloud",
    ),
    (50011, 900971): Advice(
        "The redirect address is not registered at the application.",
        (
            "Copy the redirect address from the mailer page into the registration, under "
            "Authentication → Web, letter for letter.",
        ),
        "client_id",
    ),
    (54005, 70000): Advice(
        "The sign-in was used already, or what it gave is not valid any more.",
        (_CONNECT_AGAIN,),
        "login_method",
    ),
    (501481, 50147): Advice(
        "Two sign-ins got mixed up, as when they run in two tabs.",
        ("Connect again, in one tab.",),
        "login_method",
    ),
    (70008, 700082): Advice(
        "The connection was not used for 90 days, or ran out.",
        (_CONNECT_AGAIN,),
        "login_method",
    ),
    (700084,): Advice(
        "The redirect address is registered as a single-page application, whose connections end "
        "after a day.",
        ("Register it under Authentication → Web instead.", _CONNECT_AGAIN),
        "login_method",
    ),
    (50173,): Advice(
        "The connection was withdrawn: the person’s password was changed, or an administrator "
        "ended all sessions.",
        (_CONNECT_AGAIN,),
        "login_method",
    ),
    (50105,): Advice(
        "The person is not assigned to the application, which is required.",
        (
            "Under Enterprise applications → Users and groups assign {user}, or switch off "
            "“Assignment required” under Properties.",
        ),
        "username",
    ),
    (70043,): Advice(
        "A Conditional Access rule wants people to sign in again after some time.",
        (
            _CONNECT_AGAIN,
            "Have the account exempted from the rule, or log in as an application.",
        ),
        "login_method",
    ),
    (50076, 50079, 50074, 50072, 50078, 50158): Advice(
        "A second factor is asked for, which only a person can give.",
        (
            _CONNECT_AGAIN,
            "Logging in as an application asks for none.",
        ),
        "login_method",
    ),
    (53000, 53001, 53002, 53003, 53004, 53009, 53011): Advice(
        "Conditional Access blocks this sign-in. Many organizations block the sign-in with a code.",
        (
            "In Microsoft Entra open Sign-in logs and read which policy applied; exempt this "
            "application or this server’s address.",
            "Logging in as an application is judged by a policy for workload identities alone.",
        ),
        "login_method",
    ),
    (50005, 50097, 50131): Advice(
        "A rule wants a device that the organization knows, which a server is not.",
        (
            "In Microsoft Entra open Sign-in logs and read which policy applied; exempt this "
            "application or this server’s address.",
            "Logging in as an application is not asked for a device.",
        ),
        "login_method",
    ),
    (530031, 530032, 530034, 530035): Advice(
        "Security Defaults or a security policy of the organization block this sign-in.",
        (
            "In Microsoft Entra open Sign-in logs and read which policy applied; have an "
            "administrator exempt the account.",
            "Logging in as an application is not blocked by Security Defaults.",
        ),
        "login_method",
    ),
    (50053,): Advice(
        "The account is locked, or the sign-in came from an address with a bad name.",
        ("In Microsoft Entra look at Sign-in logs and Risky users, and unblock {user}.",),
        "username",
    ),
    (50057, 50034, 50020, 51004, 16000, 90072): Advice(
        "The account is disabled, unknown, or a guest in this organization.",
        ("Use an account that belongs to the tenant.",),
        "username",
    ),
    (50055, 50144, 50126, 50056): Advice(
        "The person’s password has expired or is wrong.",
        ("Sign in as {user} with a browser once, then connect again.",),
        "username",
    ),
}

_NUMBERS = {number: advice for numbers, advice in _ENTRA.items() for number in numbers}

_GOOGLE = {
    "invalid_grant": Advice(
        "Google does not take the connection or the key any more. It ends when the password is "
        "changed, when somebody removes the access, after six months without use, and after seven "
        "days while the application’s publishing status is “Testing”. Of a service account, this "
        "server’s clock may be wrong.",
        (
            "Set the user type of the consent screen to “Internal”, or publish the application.",
            _CONNECT_AGAIN,
            "With a service account check this server’s clock, and that the key still exists.",
        ),
        "login_method",
    ),
    "unauthorized_client": Advice(
        "The service account may not act for mailboxes of this organization.",
        (
            "In the Google Admin console, under Security → API controls → Domain-wide delegation, "
            "add the service account’s client ID with the scope https://mail.google.com/.",
            "A new entry can take up to 24 hours to count.",
        ),
        "service_account_key",
    ),
    "invalid_client": Advice(
        "The client was deleted, or its secret is wrong.",
        ("Compare client ID and secret with Google Cloud → Clients.",),
        "client_secret",
    ),
    "deleted_client": Advice(
        "The client was deleted.",
        ("Make another one in Google Cloud → Clients, and enter its ID and secret.",),
        "client_id",
    ),
    "redirect_uri_mismatch": Advice(
        "The redirect address is not registered at the client.",
        ("Copy the redirect address from the mailer page into the client, letter for letter.",),
        "client_id",
    ),
    "admin_policy_enforced": Advice(
        "A policy of the organization forbids this application.",
        ("In the Google Admin console trust the application under API controls → App access.",),
        "client_id",
    ),
    "org_internal": Advice(
        "The application is for people of its own organization alone.",
        ("Connect with an account of that organization.",),
        "username",
    ),
    "access_denied": Advice(
        "Whoever signed in did not agree, or is no test user of an application in “Testing”.",
        ("Publish the application or add the account as a test user, then connect again.",),
        "login_method",
    ),
}


def advice_on(chip: str | None, family: str | None) -> Advice:
    """What a number of Microsoft's, or a word of Google's, says beyond the code."""
    if chip is None:
        return Advice()
    if chip.startswith("AADSTS") and chip[6:].isdecimal():
        found = _NUMBERS.get(int(chip[6:]))
    else:
        found = _GOOGLE.get(chip) if family in {"google", "gmail"} else None
    if found is None:
        return Advice()
    return Advice(found.cause, found.fix, found.field, replaces=True)
