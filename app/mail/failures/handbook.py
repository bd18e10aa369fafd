"""Writes the page of the documentation that lists every failure. Run it as a module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from app.mail.failures.codes import Disposition, FailureCode
from app.mail.failures.explain import FailureContext, explain
from app.mail.failures.sign_in_numbers import ENTRA
from app.mail.phases import Phase

MEANING = {
    Disposition.RETRY: "kept and tried again",
    Disposition.PAUSE: "queue held until somebody changes something",
    Disposition.REJECT: "this message is given up, the queue goes on",
}

_OPENING = """\
# When mail fails: the codes

Every failed send, test or connection check ends in one of these codes. The code decides what the
page and the log say, and what happens to the message. Server text is read to find the code and is
then dropped. `flask --app wsgi mailer explain "<text>"` finds the code for a text from anywhere,
and names the steps of the provider in question.

This page is written by `python -m app.mail.failures.handbook > docs/failures.md`.
"""


_NUMBERS = """
# What Microsoft’s numbers mean

Where the sign-in service gives no token, Microsoft adds a number to its refusal. Pages show it
beside the code.

"""


def page() -> str:
    """The whole page as Markdown, ending in a line end."""
    codes = "".join(_section(code) for code in FailureCode)
    return _OPENING + codes + _NUMBERS + "".join(_numbers())


def _numbers() -> Iterator[str]:
    """A line for all numbers that mean the same, by the smallest of them."""
    alike: dict[str, list[str]] = {}
    for number in sorted(ENTRA):
        chip, code = f"AADSTS{number}", ENTRA[number]
        told = explain(code, FailureContext(phase=Phase.TOKEN, chip=chip))
        says = f"`{code}`: {_plain(told.text)} {_plain(' '.join(told.fix))}"
        alike.setdefault(says, []).append(f"`{chip}`")
    yield from (f"- {', '.join(chips)}, {says}\n" for says, chips in alike.items())


def _section(code: FailureCode) -> str:
    explanation = explain(code)
    steps = "".join(f"- {_plain(step)}\n" for step in explanation.fix)
    return (
        f"\n## `{code}`\n\n"
        f"**{explanation.title}.** {_plain(explanation.text)}\n\n"
        f"{steps}\n"
        f"Message: {MEANING[explanation.disposition]} (`{explanation.disposition}`).\n"
    )


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


if __name__ == "__main__":
    sys.stdout.write(page())
