"""A sample as it would be sent, and its HTML as a page of its own that may do nothing.

The page answers with a policy that allows inline style and nothing else, in a sandbox of its own: a
link in it goes nowhere, no picture is fetched, no script runs. Only our own pages may frame it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from app.mail.compose import Composed, compose
from app.mailer.outgoing import From, OutgoingMail, as_sent
from app.outbox.kinds import MailKind
from app.system.letters.samples import SAMPLES

Scheme = Literal["light", "dark"]
MARK = "Sample: "
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self';"
    " base-uri 'none'; sandbox"
)


@dataclass(frozen=True)
class NobodyYet:
    """Whom a sample is from while no sender is configured."""

    sender_address: str = "novantra@example.com"
    sender_name: str = "Novantra"


@dataclass(frozen=True)
class Shown:
    """``size`` is that of the whole message, in octets."""

    words: Composed
    size: int


def words_of(kind: MailKind, form: str, *, now: datetime, zone: ZoneInfo) -> Composed:
    """The mail with sample values. :raises KeyError: there are none for that kind."""
    values = SAMPLES[kind.name].values_at(now, form)
    return compose(kind.template, {**values, "zone": zone, "written_at": now})


def shown(
    kind: MailKind, form: str, *, sender: From | None, to: str, now: datetime, zone: ZoneInfo
) -> Shown:
    words = words_of(kind, form, now=now, zone=zone)
    return Shown(words, len(as_sent(sender or NobodyYet(), words, to=to, at=now).content))


def to_oneself(
    kind: MailKind, form: str, *, sender: From, to: str, now: datetime, zone: ZoneInfo
) -> OutgoingMail:
    """The message that is sent, marked as a sample in its subject."""
    words = words_of(kind, form, now=now, zone=zone)
    return as_sent(sender, replace(words, subject=MARK + words.subject), to=to, at=now)


def page_of(html: str, scheme: Scheme) -> str:
    """The HTML part as a reader sees it who prefers that scheme, whatever this browser prefers."""
    holds = "all" if scheme == "dark" else "not all"
    html = html.replace("(prefers-color-scheme: dark)", holds)
    return re.sub(r"(color-scheme(?:s)?(?:: |\" content=\"))light dark", rf"\1{scheme}", html)
