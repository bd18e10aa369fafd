"""What alerts say: a type for machines, a title and a sentence for people.

Every sentence stands here or in the table of failure codes. Nothing that a relay wrote, no
recipient, no subject and no person's name is part of it: alerts leave the house.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Type(StrEnum):
    """What an alert is about, as ``type`` says it."""

    BROKEN = "mail.broken"
    STALLED = "mail.stalled"
    DEGRADED = "mail.degraded"
    RECOVERED = "mail.recovered"
    ENDING = "mail.credentials_ending"
    CHANGED = "mail.settings_changed"
    TEST = "mail.test"


TITLES = {
    Type.BROKEN: "Mail is not going out",
    Type.STALLED: "Nobody delivers mail",
    Type.DEGRADED: "Mail works, but not as it should",
    Type.RECOVERED: "Mail works again",
    Type.ENDING: "A credential of mail ends",
    Type.CHANGED: "The mail settings were changed",
    Type.TEST: "This is a test alert",
}

GOOD = frozenset({Type.RECOVERED, Type.TEST})
QUIET = frozenset({Type.CHANGED})
WARNING = frozenset({Type.DEGRADED, Type.ENDING})


@dataclass(frozen=True)
class News:
    """One alert. Times are ISO 8601 in UTC; ``waiting`` counts mails; ``url`` is where to act.

    ``reminder``: nothing changed, it is merely still so. ``incident`` is the same for everything
    that is said about one trouble.
    """

    id: str
    type: str
    time: str
    installation: str
    transport: str
    code: str
    summary: str
    since: str | None
    waiting: int
    url: str
    incident: str | None = None
    reminder: bool = False

    @property
    def kind(self) -> Type:
        return Type(self.type)

    @property
    def title(self) -> str:
        """The headline."""
        said = TITLES[self.kind]
        return f"Still: {said[0].lower()}{said[1:]}" if self.reminder else said

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What chats show below the sentence, as names and values."""
        shown = [
            ("Installation", self.installation),
            ("Sends through", self.transport),
            ("Code", self.code),
            ("Since", self.since or ""),
            ("Waiting", str(self.waiting) if self.kind is not Type.TEST else ""),
        ]
        return [(name, value) for name, value in shown if value]

    def stored(self) -> dict[str, Any]:
        """For the database, and the body of a webhook."""
        return asdict(self)

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """From the database; what another version added is left out."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        return cls(**known)
