"""What is not as it should be about mail that works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.mail.failures import Disposition, disposition_of
from app.mailer.advice import explained
from app.mailer.mail_facts import MailFacts, newest_look, slow_since
from app.mailer.models import MailCanary

SLOW = "queue_slow"


@dataclass(frozen=True)
class Concern:
    """Something that is not as it should be while mail works. ``words`` is a sentence."""

    code: str
    words: str
    since: datetime | None = None


def concern_of(facts: MailFacts) -> Concern | None:
    """The one that matters most, if there is any."""
    return _slow(facts) or _locked_out(newest_look(facts), facts)


def _slow(facts: MailFacts) -> Concern | None:
    since = slow_since(facts)
    if since is None:
        return None
    return Concern(
        SLOW, "Mail has been due for longer than 15 minutes, and its turn has not come.", since
    )


def _locked_out(look: MailCanary | None, facts: MailFacts) -> Concern | None:
    """Once may be a whim of the network; twice, or what a person must mend, is told."""
    if look is None or look.code is None:
        return None
    final = look.failure is not None and disposition_of(look.failure.code) is Disposition.PAUSE
    if look.failures < 2 and not final:
        return None
    why = explained(look.failure, facts.context)
    said = "Nothing was sent for a while, and when Novantra looked, the relay did not let it in."
    return Concern(look.code, f"{said} {why.title}." if why else said, look.failing_since)
