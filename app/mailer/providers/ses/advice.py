"""Advice for Amazon SES."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Advice, Consequence

ADVICE = {
    Code.DNS_NOT_FOUND: Advice(
        cause="The host {host} does not exist. Amazon SES has no SMTP endpoint in every region "
        "where it has an API.",
        fix=(
            "Choose a region with an SMTP endpoint, and create identities and SMTP credentials "
            "in it: all of them belong to one region.",
        ),
        field="region",
        replaces=True,
    ),
    Code.AUTH_BAD_CREDENTIALS: Advice(
        cause="Amazon SES in {region} does not accept these SMTP credentials. They belong to one "
        "region and are not the same as IAM keys.",
        fix=(
            "In the SES console, with the right region chosen, open SMTP settings and create SMTP "
            "credentials.",
            "User name is the access key ID (AKIA…, 20 characters), not the IAM user’s name.",
            "Password is the 44-character SMTP password, not the 40-character secret access key; "
            "temporary keys (ASIA…) do not work.",
        ),
        field="password",
        replaces=True,
    ),
    Code.RECIPIENT_UNVERIFIED: Advice(
        cause="The SES account is in the sandbox of {region}: it delivers to verified addresses "
        "only.",
        fix=(
            "In the SES console, with the right region chosen, request production access under "
            "Account dashboard.",
            "Until then, verify the recipient’s address as an identity to test.",
        ),
        field="region",
        replaces=True,
    ),
    Code.SENDER_REJECTED: Advice(
        cause="{Sender} is not a verified identity of the SES account in {region}, or the IAM "
        "user may not send with it. Verification counts per region.",
        fix=(
            "In the SES console, with the right region chosen, verify the domain or the address.",
            "Check that the region here is the one where it is verified.",
            "Check that the IAM user’s policy allows ses:SendRawEmail for this identity.",
        ),
        field="sender_address",
        replaces=True,
    ),
    Code.ACCOUNT_BLOCKED: Advice(
        fix=(
            "Open the SES console in the right region: sending may be paused, or the account not "
            "signed up for SES there. The notice went to the account’s root address.",
        ),
    ),
    Code.RATE_LIMITED: Advice(
        cause="SES allows the account a number of messages per second, one in the sandbox.",
        fix=("For a higher rate, request a quota increase in the SES console.",),
        replaces=True,
        consequence=Consequence.MORE_SLOWLY,
    ),
    Code.QUOTA_EXCEEDED: Advice(
        cause="The account’s quota for the last 24 hours is used up (200 messages in the "
        "sandbox). Mail is kept until the window has moved on.",
        fix=("Request a quota increase, or production access, in the SES console.",),
    ),
    Code.CONNECT_TIMEOUT: Advice(
        fix=("From Amazon EC2 port 25 is throttled: use 587, 2587, 465 or 2465.",),
    ),
    Code.TLS_REQUIRED: Advice(
        fix=("Switch “secure” on: SES takes no unencrypted mail on any port.",), replaces=True
    ),
    Code.CONTENT_REJECTED: Advice(
        cause="SES checks messages strictly: a header that occurs twice or is malformed is enough.",
        consequence=Consequence.ONLY_THIS_MESSAGE,
    ),
}
