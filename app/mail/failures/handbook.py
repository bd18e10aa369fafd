"""Writes the page of the documentation that lists every failure. Run it as a module."""

from __future__ import annotations

import sys

from app.mail.failures.codes import Disposition, FailureCode
from app.mail.failures.explain import explain

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


def page() -> str:
    """The whole page as Markdown, ending in a line end."""
    return _OPENING + "".join(_section(code) for code in FailureCode)


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
