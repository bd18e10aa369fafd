"""What is wrong, or deserves a second look, about the certificates of a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from app.mail.trust import Authorities
from app.mailer.providers.base import Remark
from app.mailer.settings import Settings
from app.mailer.trusting import chooses

SWITCH_OFF = (
    "Switch this off: with it, nothing that is chosen about certificates would be looked at."
)
NOT_COUNTED = (
    "A certificate is pasted below, and this leaves it out. Choose your own authorities as well, or"
    " alone, or empty the field below."
)
NOBODY = "Paste a certificate to trust, or pin a key, or choose the usual authorities."
NO_OWN = "Paste a certificate to trust besides the usual ones, or choose those alone."
IN_THE_CLEAR = (
    "Secure is off, so nothing is encrypted and no certificate is looked at. Switch it on."
)


def trust_problems(settings: Settings) -> Iterator[Remark]:
    """Answers that contradict each other."""
    own, pinned = bool(settings.ca_certificates), bool(settings.certificate_pin)
    if settings.ignore_tls_errors and (own or pinned):
        yield Remark("ignore_tls_errors", SWITCH_OFF)
    match settings.trust:
        case Authorities.SYSTEM if own:
            yield Remark("trust", NOT_COUNTED)
        case Authorities.SYSTEM_AND_OWN if not own:
            yield Remark("ca_certificates", NO_OWN)
        case Authorities.OWN if not own and not pinned:
            yield Remark("ca_certificates", NOBODY)


def trust_hints(settings: Settings) -> Iterator[Remark]:
    """What works, and means something that may not have been meant."""
    if not settings.secure and chooses(settings) and not settings.ignore_tls_errors:
        yield Remark("trust", IN_THE_CLEAR)
    elif settings.trust == Authorities.OWN and not settings.ca_certificates:
        yield Remark(
            "certificate_pin",
            "Nothing but this key is trusted, whatever name the relay’s certificate has. That is"
            " for relays that sign their certificate themselves; any other is refused.",
        )
