"""What to do about a relay whose only logins are of kinds that we do not speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Mechanisms by the beginnings of their names, and their cure."""

    names: tuple[str, ...]
    cure: str

    def among(self, offered: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in offered if name.startswith(self.names))


KINDS = (
    Kind(
        ("NTLM", "GSSAPI", "GSS-SPNEGO", "KERBEROS"),
        "{names}: a Windows sign-in, as Exchange offers it. Have the receive connector for this "
        "server allow Basic authentication after TLS, or take mail from this server’s address "
        "without a login.",
    ),
    Kind(
        ("XOAUTH2", "OAUTHBEARER"),
        "{names}: a sign-in by token. Choose the provider’s own entry above if it is listed, or "
        "have password or app password login allowed for SMTP.",
    ),
    Kind(
        ("DIGEST-MD5", "SCRAM-"),
        "{names}: ask the relay’s operator to offer PLAIN or LOGIN as well. After TLS nobody on "
        "the way can read the password.",
    ),
    Kind(
        ("EXTERNAL",),
        "{names}: a sign-in by client certificate. Ask the relay’s operator for a user name and "
        "password, or to allow this server’s address.",
    ),
)


def cures(offered: Sequence[str]) -> Iterator[str]:
    """A step for each kind among the offered mechanisms."""
    for kind in KINDS:
        if names := kind.among(offered):
            yield kind.cure.format(names=listed(names))


def every_cure() -> Iterator[str]:
    """A step for each kind, where it is not known what is offered."""
    for kind in KINDS[:2]:
        names = ("NTLM", "GSSAPI") if kind is KINDS[0] else kind.names
        yield "If it offers nothing but " + kind.cure.format(names=listed(names))


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last
