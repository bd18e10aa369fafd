"""The wizard's questions in their order, and which of them is next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for

from app.mailer.declared import reader_of
from app.runtime import runtime
from wizard.draft import Draft


@dataclass(frozen=True)
class Step:
    """``answered`` says whether the draft holds this step's answer."""

    endpoint: str
    label: str
    answered: Callable[[Draft], bool]


def mail_is_decided() -> bool:
    """Whether the environment says where mail goes, so that nobody is asked."""
    reader = reader_of(runtime())
    declared = reader.look() if reader is not None else None
    return declared is not None and declared.owns_destination


STEPS = (
    Step("wizard.access_url", "Address", lambda draft: draft.access_url is not None),
    Step("wizard.administrator", "Administrator", lambda draft: draft.administrator_named),
    Step("wizard.mail", "Mail", lambda draft: draft.mail_choice is not None or mail_is_decided()),
    Step("wizard.review", "Review", lambda draft: False),
)


def next_step(draft: Draft) -> Step:
    """The first question without an answer; the review when all have one."""
    return next(step for step in STEPS if not step.answered(draft))


def reachable(draft: Draft, endpoint: str) -> bool:
    """Whether every earlier question has its answer."""
    order = [step.endpoint for step in STEPS]
    return order.index(endpoint) <= order.index(next_step(draft).endpoint)


def stepper(draft: Draft | None, now: str) -> list[dict[str, str]]:
    """What the layout's row of steps shows. ``draft`` is ``None`` before the token."""
    shown: list[dict[str, str]] = []
    for step in STEPS:
        entry = {"label": step.label, "state": "todo"}
        if step.endpoint == now:
            entry["state"] = "now"
        elif draft is not None and step.answered(draft):
            entry |= {"state": "done", "href": url_for(step.endpoint)}
        shown.append(entry)
    return shown
