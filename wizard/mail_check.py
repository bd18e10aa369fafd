"""What a connection check said, bound to the very answer that it was made with.

The draft keeps the result beside the answer. It counts only while the digest of the answer is
still the one that was checked: whoever changes a field, the password, the address of the install
or the administrator has an answer that nobody checked.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.mail.check import noun_of
from app.mailer.check import Check
from wizard import draft as drafts
from wizard.draft import Draft


class ChangedMeanwhile(Exception):
    """Somebody answered the step in another browser while this one was busy."""


@dataclass(frozen=True)
class Checked:
    """A check of exactly the answer that waits. ``steps`` is 0 where there is nothing to check.

    ``stopped_at`` names the step that failed, as part of a sentence.
    """

    at: datetime
    passed: int
    steps: int
    stopped_at: str | None = None

    @property
    def ok(self) -> bool:
        return self.stopped_at is None


def of(draft: Draft) -> Checked | None:
    """The check of this draft's answer about mail, or ``None`` when nobody checked it."""
    kept = draft.mail_check
    if not kept or not draft.mail or kept["digest"] != digest(draft):
        return None
    return Checked(
        at=datetime.fromisoformat(kept["at"]),
        passed=kept["passed"],
        steps=kept["steps"],
        stopped_at=kept["stopped_at"],
    )


def record(session: Session, draft: Draft, found: Check, *, now: datetime, chosen: bool) -> Draft:
    """Keep a check's result beside the answer it was made with; the caller commits.

    ``chosen``: the answer counts as given when the check has passed.

    :raises ChangedMeanwhile: while the relay was spoken to, the answer became another one.
    """
    if digest(drafts.lock(session)) != digest(draft):
        raise ChangedMeanwhile
    answers: dict[str, Any] = {"mail_check": _kept(draft, found, now)}
    if chosen and found.ok:
        answers["mail_choice"] = "configure"
    return drafts.save(session, now=now, **answers)


def digest(draft: Draft) -> str:
    """Stands for everything that a check depends on. A password takes part as it is sealed."""
    parts: list[Any] = [dict(draft.mail), draft.sealed_mail_password, draft.access_url, draft.email]
    if draft.sealed_client_key is not None:
        parts.append(draft.sealed_client_key)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _kept(draft: Draft, found: Check, now: datetime) -> dict[str, Any]:
    taken = [step for step in found.steps if step.state != "skipped"]
    failed = next((step for step in taken if step.state == "failed"), None)
    stopped_at = None
    if not found.ok:
        stopped_at = f"the {noun_of(failed.name)}" if failed else "its first step"
    return {
        "digest": digest(draft),
        "at": now.isoformat(),
        "passed": sum(step.state == "passed" for step in taken),
        "steps": len(taken),
        "stopped_at": stopped_at,
    }
