"""The mails of invitations and memberships, before they are written."""

from __future__ import annotations

from app.accounts.models import User
from app.accounts.tokens import hash_secret
from app.install.links import Links
from app.mail.addresses import Address
from app.organizations.inviting import (
    HANDED_OVER,
    LIFETIME,
    MAILED,
    NOTICE_LIFETIME,
    Inviting,
)
from app.outbox.queue import Letter


def invitation_letter(
    inviting: Inviting,
    base: Links,
    address: Address,
    role: str,
    secret: str,
    handed_over: bool = False,
) -> Letter:
    """An invitation with the link of ``secret``, in words that say whether it was handed over."""
    until = inviting.now + LIFETIME
    return Letter(
        "invitation",
        address,
        {
            "organization": inviting.organization.name,
            "role": role,
            "inviter": inviting.inviter_name,
            "email": address.text,
            "link": base.to("invitations", secret),
            "until": until,
            "handed_over": handed_over,
        },
        label=f"Invitation to {inviting.organization.name}",
        expires_at=until,
        stands_on=f"{HANDED_OVER if handed_over else MAILED}:{hash_secret(secret)}",
    )


def notice_letter(inviting: Inviting, base: Links, user: User) -> Letter:
    """That somebody with an account belongs to the organization now."""
    organization = inviting.organization
    return Letter(
        "membership-added",
        user.address,
        {
            "name": user.name,
            "organization": organization.name,
            "role": inviting.role,
            "inviter": inviting.inviter_name,
            "link": base.to("organizations", organization.slug, "members"),
        },
        label=f"Added to {organization.name}",
        expires_at=inviting.now + NOTICE_LIFETIME,
        stands_on=f"membership:{organization.id}:{user.id}",
        time_zone=user.time_zone,
    )
