"""What a pasted text gives away beside its cause: the service it comes from and the step."""

from __future__ import annotations

from app.mail.failures.providers import Family
from app.mail.phases import Phase

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
