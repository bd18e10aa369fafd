"""What became of an address, in words: one sentence per outcome, for one or for a list."""

from __future__ import annotations

from dataclasses import dataclass

from app.organizations.inviting import InviteResult
from app.organizations.members import Lost
from app.organizations.pasted import INVALID, TWICE


@dataclass(frozen=True)
class Words:
    """``level`` is a pill's, ``label`` names the outcome, ``sentence`` follows an address."""

    level: str
    label: str
    sentence: str


# What is asked before something that cannot be taken back, in a dialog or on a page.
ASKED = {
    "leave": "An admin would have to invite you back.",
    "remove": "The account itself stays.",
    "revoke": "Its link stops working, and mail that still waits is not sent.",
}

# Why a mail that would be one too many was not sent, at the end of a sentence.
LIMITS: dict[InviteResult, str] = {
    InviteResult.ADDRESS_LIMIT: "one address gets five invitations within 24 hours at most.",
    InviteResult.ORGANIZATION_LIMIT: (
        "this organization has sent as many as this install allows within 24 hours."
    ),
}

# Beside an address whose invitation is written and cannot go out yet.
INVITED_WAITS = "is invited as soon as the mail goes out."

WORDS: dict[str, Words] = {
    InviteResult.INVITED: Words(
        "good", "Invited", "was invited. The link in the mail works for 7 days."
    ),
    InviteResult.ADDED: Words("good", "Added", "already has an account and is now a member."),
    InviteResult.ALREADY_MEMBER: Words(
        "quiet", "Already a member", "is a member already. Change the role in the list below."
    ),
    InviteResult.ALREADY_INVITED: Words(
        "quiet",
        "Already invited",
        "was invited already. Send that invitation again, or revoke it to choose another role.",
    ),
    InviteResult.MAIL_PENDING: Words(
        "bad",
        "Not invited: mail is not set up",
        "has no account yet, and the invitation cannot be mailed: mail is not set up on this"
        " install.",
    ),
    InviteResult.KEY_MISSING: Words(
        "bad",
        "Not invited: the install's key is missing",
        "was not invited: the key that protects waiting mail is missing, so no mail can be"
        " written. An install administrator can find out more with the command keys doctor.",
    ),
    InviteResult.ADDRESS_LIMIT: Words(
        "warn",
        "Not invited: mailed often enough today",
        "was not mailed: five invitations went to this address within 24 hours.",
    ),
    InviteResult.ORGANIZATION_LIMIT: Words(
        "warn",
        "Not invited: the organization's limit for today",
        "was not invited: this organization has sent as many invitations as this install allows"
        " within 24 hours.",
    ),
    InviteResult.NOT_ALLOWED: Words(
        "bad",
        "Not invited: the right to invite was lost",
        "was not invited: whoever pasted the list may no longer invite people here.",
    ),
    InviteResult.SET_ASIDE: Words(
        "bad",
        "Set aside: something in it cannot be worked on",
        "was set aside: something about it cannot be worked on.",
    ),
    INVALID: Words("bad", "No address", "is no email address."),
    TWICE: Words("quiet", "Listed twice", "stands in the list twice."),
}

ENDED: dict[str, str] = {
    Lost.ACCOUNT_GONE: "The account of whoever pasted it no longer exists.",
    Lost.REMOVED: "Whoever pasted it was removed from the organization.",
    Lost.DEMOTED: "Whoever pasted it is no longer an admin of the organization.",
}
