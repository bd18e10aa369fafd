"""No secret gets into a transcript, in whatever form a relay repeats it."""

from __future__ import annotations

import base64
import json
from html import escape
from urllib.parse import quote

import pytest

from app.crypto.secret import Secret
from app.mail.replies import Reply
from app.mail.smtp.transcript import MAX_CHARACTERS, WITHHELD, Transcript

PASSWORD = 'p&ss "wörd"/1'


def said(*lines: str, password: str = PASSWORD) -> str:
    transcript = Transcript("alice", Secret(password))
    transcript.server(Reply(535, "5.7.8", lines))
    return str(transcript)


@pytest.mark.parametrize(
    "echo",
    [
        PASSWORD,
        PASSWORD.upper(),
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").lower(),
        escape(PASSWORD),
        json.dumps(PASSWORD),
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.urlsafe_b64encode(PASSWORD.encode()).decode(),
        base64.b64encode(f"\0alice\0{PASSWORD}".encode()).decode(),
        base64.b64encode(f"alice:{PASSWORD}".encode()).decode(),
        PASSWORD.encode().hex(),
    ],
)
def test_a_reply_that_repeats_the_secret_keeps_its_codes_only(echo: str) -> None:
    assert said(f"5.7.8 you said {echo} to me") == f"S: 535 5.7.8 {WITHHELD}\n"
    assert said("5.7.8 you said", f"5.7.8 {echo}") == f"S: 535 5.7.8 {WITHHELD}\n"


def test_a_secret_spread_over_lines_is_noticed() -> None:
    middle = len(PASSWORD) // 2
    assert PASSWORD[:middle] not in said(PASSWORD[:middle], PASSWORD[middle:])


def test_a_very_short_secret_silences_the_relay() -> None:
    assert said("a perfectly innocent reply", password="ab") == f"S: 535 5.7.8 {WITHHELD}\n"


def test_innocent_replies_are_kept_and_control_characters_made_visible() -> None:
    assert said("5.7.8 no\x1b[31m", "5.7.8 never\0") == (
        "S: 535-5.7.8 no\\x1b[31m\nS: 535 5.7.8 never\\x00\n"
    )


def test_a_transcript_ends_somewhere() -> None:
    transcript = Transcript()
    for _ in range(10_000):
        transcript.server(Reply(250, None, ("x" * 500,)))
    assert len(str(transcript)) <= MAX_CHARACTERS + 100
    assert str(transcript).endswith("-- the rest is left out\n")
