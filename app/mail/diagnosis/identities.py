"""Amazon SES names the identities that failed its check, but not whether they send or receive."""

from __future__ import annotations

import re

from app.mail.diagnosis.clues import Clues
from app.mail.failures.codes import FailureCode as Code

_MARK = "failed the check in region"
_ADDRESS = re.compile(r"[^\s<>,:;\"']{1,64}@[^\s<>,:;\"']{1,255}")
_LONGEST_LIST = 2000


def unverified_identity(clues: Clues) -> Code | None:
    """Sender or recipient, for a reply that lists unverified identities; otherwise None.

    A sender that the caller names decides. Without it the form of the list does: SES gives the
    From header as it stands in the message ("Name <address>") and the envelope sender once more,
    while a recipient that the sandbox refuses appears alone and bare.
    """
    lowered = clues.raw.casefold()
    at = lowered.find(_MARK)
    if at < 0:
        return None
    listed = lowered[at + len(_MARK) : at + len(_MARK) + _LONGEST_LIST]
    addresses = [found.rstrip(".") for found in _ADDRESS.findall(listed)]
    if clues.sender is not None and addresses:
        return Code.SENDER_REJECTED if clues.sender in addresses else Code.RECIPIENT_UNVERIFIED
    alone = len(addresses) == 1 and "<" not in listed
    return Code.RECIPIENT_UNVERIFIED if alone else Code.SENDER_REJECTED
