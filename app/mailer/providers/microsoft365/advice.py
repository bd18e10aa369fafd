"""Advice for Microsoft 365. Dates: the vendor's timeline as published on 27 January 2026."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Advice, Consequence

ADVICE = {
    Code.AUTH_BASIC_DISABLED: Advice(
        cause="The password may well be right: Microsoft 365 does not take a password over SMTP "
        "for {user}. SMTP AUTH is off unless it is allowed for the mailbox, and at the end of "
        "December 2026 Microsoft switches password login off for existing tenants until an "
        "administrator allows it again; new tenants will not have it.",
        fix=(
            "In Exchange Online PowerShell run: Set-CASMailbox -Identity {mailbox_argument} "
            "-SmtpClientAuthenticationDisabled $false. Allow an hour for it to take effect.",
            "If Security Defaults or an authentication policy block it for the tenant, exempt "
            "this mailbox. An app password does not help: it goes the same way.",
            "If your tenant can no longer allow it, sign in as an application: choose it on the "
            "mailer page, which shows the steps.",
        ),
        field="username",
        replaces=True,
    ),
    Code.AUTH_BAD_CREDENTIALS: Advice(
        fix=(
            "Use the mailbox’s full sign-in address as user name and type its password again.",
            "Check in the admin centre that the account is licensed and that “Authenticated "
            "SMTP” is ticked under Mail → Manage email apps.",
            "A password that has expired or must be changed at next sign-in is refused here: "
            "sign in with a browser once.",
        ),
        replaces=True,
    ),
    Code.AUTH_POLICY: Advice(
        fix=(
            "In Microsoft Entra, open Sign-in logs, find the refused sign-in of {user} and read "
            "which Conditional Access policy applied.",
            "Exclude this account from the policy that blocks legacy authentication, or from "
            "Security Defaults.",
        ),
        replaces=True,
    ),
    Code.AUTH_REQUIRED: Advice(
        fix=(
            "Enter the mailbox’s address and password: smtp.office365.com takes no mail without "
            "a login, and the login has to come after STARTTLS on port 587.",
        ),
        replaces=True,
    ),
    Code.ACCOUNT_BLOCKED: Advice(
        fix=(
            "In the Microsoft Defender portal look under Restricted entities and release {user} "
            "after you have changed the password.",
            "A new or trial tenant may not send to the outside yet: use a paid, established one "
            "or ask Microsoft support.",
        ),
    ),
    Code.CLIENT_BLOCKED: Advice(
        cause="Microsoft does not take mail from this IP address or from a tenant as young as "
        "this one.",
        fix=(
            "Ask for removal at sender.office.com if the address is yours.",
            "A new or trial tenant needs a paid subscription or Microsoft support to send out.",
        ),
    ),
    Code.SENDER_REJECTED: Advice(
        cause="Microsoft 365 only lets {user} send from its own address, unless it has the Send "
        "As right on {sender}. It says so only after the whole message.",
        fix=(
            "Set the sender address to the login’s own address.",
            "Or grant the right: Add-RecipientPermission {sender_argument} "
            "-Trustee {mailbox_argument} -AccessRights "
            "SendAs. Allow an hour for it to take effect.",
        ),
        field="sender_address",
        replaces=True,
    ),
    Code.RELAY_DENIED: Advice(
        fix=(
            "For a connector (…mail.protection.outlook.com): add this server’s public address to "
            "the connector and use a sender address in an accepted domain.",
            "Otherwise use smtp.office365.com, port 587, with a login.",
        ),
    ),
    Code.TLS_MODE_MISMATCH: Advice(
        fix=("Use port 587: Microsoft 365 does not offer port 465.",), replaces=True
    ),
    Code.CONNECT_TIMEOUT: Advice(
        fix=("Use port 587: Microsoft 365 does not listen on port 465.",),
    ),
    Code.CONNECT_REFUSED: Advice(
        fix=("Use port 587: Microsoft 365 does not listen on port 465.",),
    ),
    Code.RATE_LIMITED: Advice(
        cause="Microsoft 365 allows a mailbox three connections at once and 30 messages a minute.",
        consequence=Consequence.MORE_SLOWLY,
    ),
    Code.QUOTA_EXCEEDED: Advice(
        cause="The mailbox has reached 10,000 recipients in a day, or the tenant its limit for "
        "outside recipients.",
        consequence=Consequence.AFTER_RENEWAL,
    ),
    Code.OAUTH_REJECTED: Advice(
        fix=(
            "Check the service principal in Exchange Online and its permission on the mailbox "
            "(Add-MailboxPermission, Add-RecipientPermission); wait up to two hours after a "
            "change.",
            "Use the secret’s value, not its ID, and check when it expires.",
        ),
        replaces=True,
    ),
}

BY_TOKEN = {
    Code.OAUTH_REJECTED: Advice(
        cause="Microsoft gave a token, and Exchange does not let it send as {user}.",
        fix=(
            "Wait: after a change it takes 60 to 120 minutes until Exchange knows. Until then this "
            "is what it answers.",
            "An application: run the PowerShell lines of the mailer page once more. The ID for "
            "New-ServicePrincipal is the one under Enterprise applications, and the mailbox has to "
            "be {mailbox_argument}.",
            "A person: somebody else than {user} may have signed in. Connect again as the mailbox "
            "itself; a shared mailbox cannot sign in.",
            "Check that SMTP AUTH is on for the mailbox: Set-CASMailbox -Identity "
            "{mailbox_argument} -SmtpClientAuthenticationDisabled $false.",
        ),
        field="username",
        replaces=True,
    ),
    Code.AUTH_BASIC_DISABLED: Advice(
        cause="SMTP AUTH is off for {user}. It has to be on although the login is by token.",
        fix=(
            "In Exchange Online PowerShell run: Set-CASMailbox -Identity {mailbox_argument} "
            "-SmtpClientAuthenticationDisabled $false. Allow an hour for it to take effect.",
        ),
        field="username",
        replaces=True,
    ),
    Code.AUTH_POLICY: Advice(
        fix=(
            "In Microsoft Entra, open Sign-in logs, find the refused sign-in of {user} and read "
            "which Conditional Access policy applied.",
            "Exempt this application or mailbox from it. An application is asked for no second "
            "factor.",
        ),
        replaces=True,
    ),
    Code.AUTH_REQUIRED: Advice(
        fix=("Connect the mailbox first: smtp.office365.com takes no mail without a login.",),
        replaces=True,
    ),
}
"""What is different where the login shows a token."""
