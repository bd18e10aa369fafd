"""Advice for the sending services that people reach by plain SMTP."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Advice
from app.mail.failures.providers import Family

_APP_PASSWORD = Advice(
    fix=(
        "Create an app password in the account’s security settings and enter it here.",
        "Check that mail programs (IMAP or SMTP access) are allowed in the mailbox’s settings.",
    ),
    field="password",
)

ADVICE: dict[str, dict[Code, Advice]] = {
    Family.SENDGRID: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=(
                "User name is the word apikey, exactly so; password is the API key (SG.…).",
                "Check that the key still exists and has the Mail Send permission.",
            ),
            replaces=True,
        ),
        Code.AUTH_REQUIRED: Advice(
            fix=("Enter the word apikey as user name and the API key (SG.…) as password.",),
            replaces=True,
        ),
        Code.SENDER_REJECTED: Advice(
            fix=(
                "In SendGrid, under Settings → Sender Authentication, verify {sender} or "
                "authenticate its domain.",
            ),
        ),
        Code.QUOTA_EXCEEDED: Advice(
            cause="The SendGrid plan’s credits are used up. Mail is kept until they renew."
        ),
    },
    Family.MAILGUN: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=(
                "Use the domain’s SMTP login (such as postmaster@ your domain) and its SMTP "
                "password, not the API key.",
                "Domains in the EU region need the host smtp.eu.mailgun.org.",
            ),
            replaces=True,
        ),
        Code.RECIPIENT_UNVERIFIED: Advice(
            fix=("Add your own domain in Mailgun, or the recipient to the authorized ones.",),
            replaces=True,
        ),
    },
    Family.POSTMARK: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=("Use the server’s API token as user name and as password.",), replaces=True
        ),
        Code.SENDER_REJECTED: Advice(
            fix=("Confirm {sender} as a sender signature in Postmark, or verify its domain.",),
        ),
    },
    Family.BREVO: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=("Use the SMTP login and an SMTP key from Brevo’s SMTP page, not the API key.",),
            replaces=True,
        ),
        Code.CLIENT_BLOCKED: Advice(
            cause="Brevo accepts logins from known IP addresses only, and this server’s is not "
            "among them.",
            fix=("In Brevo, under Security → Authorized IPs, add this server’s public address.",),
            field="host",
            replaces=True,
        ),
        Code.ACCOUNT_BLOCKED: Advice(
            fix=("A new Brevo account must ask support to activate its SMTP service first.",),
        ),
    },
    Family.RESEND: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=("User name is the word resend; password is the API key (re_…).",), replaces=True
        ),
        Code.SENDER_REJECTED: Advice(
            fix=("Add and verify the domain of {sender} in Resend.",), replaces=True
        ),
    },
    Family.MAILJET: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=("User name is the API key, password the secret key.",), replaces=True
        ),
    },
    Family.ZOHO: {
        Code.AUTH_BAD_CREDENTIALS: Advice(
            fix=(
                "Use the host of the account’s data centre (smtp.zoho.com, .eu, .in, …), and "
                "smtppro.zoho.… for paid organizations.",
                "With two-factor sign-in, create an application-specific password.",
            ),
        ),
        Code.SENDER_REJECTED: Advice(
            fix=("With Zoho the sender must be the login address or one of its aliases.",),
        ),
    },
    Family.YAHOO: {Code.AUTH_BAD_CREDENTIALS: _APP_PASSWORD},
    Family.ICLOUD: {Code.AUTH_BAD_CREDENTIALS: _APP_PASSWORD},
    Family.YANDEX: {
        Code.AUTH_BAD_CREDENTIALS: _APP_PASSWORD,
        Code.AUTH_BASIC_DISABLED: _APP_PASSWORD,
    },
}
