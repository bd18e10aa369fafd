"""Advice for Google."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Advice, Consequence

ADVICE = {
    Code.AUTH_BAD_CREDENTIALS: Advice(
        cause="Google does not accept this password for {user}. It no longer takes the "
        "account’s own password from programs.",
        fix=(
            "Turn on 2-Step Verification, create an app password, and enter its 16 letters "
            "without blanks.",
            "Use the full address as user name.",
        ),
        replaces=True,
    ),
    Code.AUTH_APP_PASSWORD: Advice(
        fix=(
            "Turn on 2-Step Verification in the Google account, create an app password under "
            "Security, and enter its 16 letters without blanks.",
        ),
        replaces=True,
    ),
    Code.AUTH_POLICY: Advice(
        fix=(
            "Sign in to the Google account with a browser and confirm the security question.",
            "Use an app password; it is not subject to this check.",
        ),
        replaces=True,
    ),
    Code.EHLO_REJECTED: Advice(
        cause="Google’s relay hangs up on servers that introduce themselves as localhost or "
        "by an internal name. We use {greeting}.",
    ),
    Code.RELAY_DENIED: Advice(
        fix=(
            "In the Google Admin console, under Gmail → Routing → SMTP relay service, allow "
            "this server’s public address or require SMTP authentication.",
            "Use a sender address in a domain of the Workspace account.",
        ),
        replaces=True,
    ),
    Code.QUOTA_EXCEEDED: Advice(
        cause="Google’s daily sending limit is reached: about 500 messages for a personal "
        "account, 2,000 for a Workspace user, 10,000 through the Workspace relay.",
        consequence=Consequence.AFTER_RENEWAL,
    ),
}

BY_TOKEN = {
    Code.OAUTH_REJECTED: Advice(
        cause="Google gave a token, and its relay does not take it for {user}.",
        fix=(
            "The user name has to be the mailbox that signed in, or that the service account acts "
            "for.",
            "The scope has to be exactly https://mail.google.com/. Correct it, then connect again, "
            "or wait until the delegation has spread.",
            "Check that the mailbox has a Gmail licence and is not suspended.",
        ),
        field="username",
        replaces=True,
    ),
    Code.AUTH_POLICY: Advice(
        fix=(
            "Sign in to the Google account with a browser and confirm the security question.",
            "In the Admin console, under API controls → Manage app access, trust the app.",
        ),
        replaces=True,
    ),
}
"""What is different where the login shows a token."""
