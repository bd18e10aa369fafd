"""Reduces a server's or a library's text to what a diagnosis may look at.

Addresses people typed are removed first, so that nobody's mailbox name can steer a diagnosis, and
so are the parameters of links: what stands in them names this message or this machine, no cause.
Everything here is linear in the length of the text, and the length is capped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.mail.failures.providers import Family, family_of
from app.mail.phases import Phase

LONGEST_TEXT = 8192
"""Characters that are read; what stands after them is ignored."""

_ESCAPED_END = re.compile(r"\\[rnt]")
_TRACE_LINE = re.compile(
    r'^[ \t]{0,16}(?:at [^\n]*|File "[^"\n]{0,300}", line \d{1,6}(?:, in \w{1,80})?)$',
    re.MULTILINE,
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]@]{1,64}@[^\s<>\"'(),;:\[\]@]{1,255}")
_LINK = re.compile(r"\b[a-z]{2,10}://([^\s?#<>\"']*)(?:[?#][^\s<>\"']*)?")
_QUERY = re.compile(r"\?[\w.-]{1,64}=[^\s<>\"']*")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_STATUS = re.compile(r"(?<![\w.])([245])\.(\d{1,3}\.\d{1,3})(?![\w]|\.\d)")
_REPLY = re.compile(
    r"(?<![\w.:=/#%-])(4(?:2[0-2]|[3-5]\d|71)|5[0-7]\d)(?=$|[\s,;:'\")\]\-])(?!-\d)"
)
_REPLY_THEN_STATUS = re.compile(
    r"(?<![\w.])(4(?:2[0-2]|[3-5]\d|71)|5[0-7]\d)(?:\W{1,6})[45]\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)"
)
_REPEATED = re.compile(r"(?<![\w.])[245]\d\d(?:-(?!\d\d)|[ \-]{1,3}[245]\.\d{1,3}\.\d{1,3}\b)")
_LONGEST_PREFIX = 200
_SHORTEST_REPLY = 2
_NOT_A_REPLY_AFTER = (
    "line",
    "port",
    "step",
    "errno",
    "pid",
    "error number",
    "tcp",
    "ssl",
    "timeout",
    " of",
)


@dataclass(frozen=True)
class Clues:
    """What is known about one failure.

    ``words`` is the text in lower case, words separated and surrounded by single spaces, without
    addresses and repeated reply codes. ``status`` is the enhanced code without its class.
    """

    words: str
    raw: str
    code: int | None
    status: str | None
    phase: Phase | None
    family: str | None
    sender: str | None = None
    by_token: bool = False
    """Whether the login is known to have used a token and not a password."""

    @property
    def has_reply(self) -> bool:
        """Whether a server answered, as opposed to a library giving up."""
        return self.code is not None or self.status is not None

    @property
    def temporary(self) -> bool:
        """Whether the reply says of itself that it is temporary (4yz)."""
        return self.code is not None and self.code < 500

    def says(self, *stems: str) -> bool:
        """Whether a word, or a run of words, that begins like one of the stems occurs."""
        return any(f" {stem}" in self.words for stem in stems)


def read(
    text: str,
    *,
    code: int | None = None,
    enhanced: str | None = None,
    phase: Phase | None = None,
    provider: str | None = None,
    sender: str | None = None,
) -> Clues:
    """Reads a text. A reply code that the caller knows is believed over anything in the text."""
    shown = _TRACE_LINE.sub("", text[:LONGEST_TEXT]).replace("\x00", " ")
    raw = _ESCAPED_END.sub(" ", shown)
    if code is None:
        code = _reply_code(raw)
    found = enhanced or _enhanced(raw)
    if code is None and found is not None:
        code = 500 if found.startswith("5") else 450
        if found.startswith("2"):
            code = None
    words = _words(raw)
    family = family_of(provider) or family_in(words)
    asks_for_token = phase is Phase.TOKEN
    if asks_for_token:  # what a sign-in service says is about a login
        phase = Phase.AUTH
    return Clues(
        words=_from_reply_on(raw, words),
        raw=raw,
        code=code,
        status=found.partition(".")[2] if found else None,
        phase=phase or phase_in(words, code),
        family=family,
        sender=sender.casefold() if sender else None,
        by_token=asks_for_token or "oauth" in (provider or "").casefold(),
    )


def _words(raw: str) -> str:
    text = _QUERY.sub(" ", _LINK.sub(r" \1 ", raw))
    text = _ADDRESS.sub(" ", text)
    text = _REPEATED.sub(" ", text)
    text = _STATUS.sub(" ", text)
    text = _HUMP.sub(" ", text).casefold()
    joined = " ".join(_WORD.findall(text))
    return f" {joined} ".replace(" start tls", " starttls")


def _from_reply_on(raw: str, words: str) -> str:
    """Drops what a mail library put before the reply, which tells of its steps, not the cause."""
    start = _reply_start(raw[:_LONGEST_PREFIX])
    if not start:
        return words
    rest = _words(raw[start:])
    return rest if len(rest.split()) > _SHORTEST_REPLY else words


def _reply_start(raw: str) -> int | None:
    if match := _REPLY_THEN_STATUS.search(raw):
        return match.start()
    starts = [match.start() for match in _replies_in(raw)]
    starts += [match.start() for match in _STATUS.finditer(raw)]
    return min(starts, default=None)


def _replies_in(raw: str) -> Iterator[re.Match[str]]:
    for match in _REPLY.finditer(raw):
        before = raw[max(0, match.start() - 14) : match.start()].rstrip(" \t:=(").casefold()
        if not before.endswith(_NOT_A_REPLY_AFTER):
            yield match


def _reply_code(raw: str) -> int | None:
    if match := _REPLY_THEN_STATUS.search(raw):
        return int(match[1])
    first = next(_replies_in(raw), None)
    return int(first[1]) if first else None


def _enhanced(raw: str) -> str | None:
    for match in _STATUS.finditer(raw):
        if match[1] != "2":
            return f"{match[1]}.{match[2]}"
    return None


_FAMILY_WORDS = (
    (Family.GOOGLE, (" gsmtp ", " support google com ")),
    (Family.MICROSOFT365, (" prod outlook com ", " storedrv ", " aka ms ", " prod exchangelabs ")),
    # A machine at Amazon may be anybody's: only the names of the service itself count.
    (Family.SES, (" email smtp ", " amazonses ", " ses send", " amazon ses ")),
    (Family.SENDGRID, (" sendgrid ",)),
    (Family.MAILGUN, (" mailgun ",)),
    (Family.ZOHO, (" zoho ",)),
    (Family.YANDEX, (" yandex ",)),
)


def family_in(words: str) -> Family | None:
    """The service whose marks the words bear."""
    for family, signs in _FAMILY_WORDS:
        if any(sign in words for sign in signs):
            return family
    return None


# "command data" is how Nodemailer, "data end command failed" how PHPMailer tells the step.
_PHASE_WORDS = (
    (
        Phase.AUTH,
        (
            " smtpauthentication",
            " smtp authentication error",
            " eauth ",
            " invalid login ",
            " command auth ",
            " auth command failed",
        ),
    ),
    (
        Phase.MAIL_FROM,
        (
            " in reply to mail from",
            " smtp sender refused",
            " smtpsender refused",
            " mail command failed",
            " command mail from ",
            " mail from command failed",
        ),
    ),
    (
        Phase.RCPT_TO,
        (
            " in reply to rcpt",
            " smtp recipients refused",
            " smtprecipients refused",
            " recipient command failed",
            " command rcpt to ",
            " rcpt to command failed",
        ),
    ),
    (
        Phase.DATA,
        (
            " in reply to end of data",
            " smtp data error",
            " smtpdata error",
            " data command failed",
            " command data ",
            " data end command failed",
        ),
    ),
    (
        Phase.GREETING,
        (
            " smtp helo error",
            " smtphelo error",
            " refused to talk to me",
            " in reply to ehlo",
            " in reply to helo",
            " command ehlo ",
            " ehlo command failed",
        ),
    ),
    (
        Phase.TLS,
        (
            " upgrading connection with starttls",
            " command starttls ",
            " starttls command failed",
        ),
    ),
    (Phase.CONNECT, (" command conn ",)),
)


def phase_in(words: str, code: int | None) -> Phase | None:
    """The step that the words of a mail library, or the reply code alone, speak of."""
    for phase, signs in _PHASE_WORDS:
        if any(sign in words for sign in signs):
            return phase
    return Phase.AUTH if code in {525, 534, 535, 538} else None
