"""One rule for e-mail addresses, whoever types them and wherever they are used."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import email_validator

# Relays inside a company serve such names, and test installs use them. "arpa", "onion" and
# "invalid" stay refused: no mailbox can exist there.
email_validator.SPECIAL_USE_DOMAIN_NAMES = ["arpa", "onion", "invalid"]

MAX_ADDRESS = 254
"""Characters, which is what fits into RCPT (RFC 5321 section 4.5.3.1.3, erratum 1690)."""


REMEMBERED = 4_096
"""Addresses that are known to be some: each is asked about where it is typed, where it is read from
a list, and where it is put into a mail."""


class AddressError(ValueError):
    """``reason`` says in plain words what is wrong, for the person who typed the address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Address:
    """One mailbox, parsed once where it is typed and carried as this one value from there on.

    ``text`` is the form in which an address is stored, shown and given to RCPT: the part before
    the @ keeps its capitals and is in NFC; the domain is in small letters and in its ASCII form
    (IDNA 2008), so that any relay can carry it.

    ``key`` is what to look an address up by: two addresses with the same key are the same
    account's. It is computed here and compared octet by octet, so SQLite and PostgreSQL, with
    whatever collation, agree. Capitals do not count; accents and scripts do.
    """

    text: str
    key: str

    @property
    def domain(self) -> str:
        """What stands behind the @; nothing for a text that is no address."""
        return domain_of(self.text)

    @classmethod
    def parse(cls, typed: str) -> Address:
        """The address that somebody typed, without display name, comment, quoting or literal IP.

        Refused are characters that only look like ASCII, such as KELVIN SIGN for k or full-width
        letters: a database, a mail server and we might each fold them differently, and one
        person's address would become another's.

        :raises AddressError: it is not such an address.
        """
        text = _normal(typed.strip(" "))
        key = unicodedata.normalize("NFC", text.lower())
        return cls(text, key)

    @classmethod
    def as_typed(cls, text: str) -> Address:
        """The address that somebody typed; for what is no address, one that nobody has.

        Where a wrong address must fare as an unknown one does. It is not folded in any way: case
        folding would make a KELVIN SIGN somebody's ``k``.
        """
        try:
            return cls.parse(text)
        except AddressError:
            return cls(text[:320], f"no address: {text}"[:320])

    def __str__(self) -> str:
        return self.text


def normalise(address: str) -> str:
    """The :attr:`Address.text` of what somebody typed.

    :raises AddressError: as :meth:`Address.parse` does.
    """
    return _normal(address.strip(" "))


def domain_of(address: str) -> str:
    """The domain of an address that was parsed before; nothing of a text without an @."""
    return address.rpartition("@")[2] if "@" in address else ""


_PLAIN = re.compile(r"([A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*)@([A-Za-z0-9.-]{1,189})")
"""An address that is one if its domain is, and if it is not too long: a dot-atom (RFC 5322 section
3.4.1) of signs that nobody writes in two ways."""

_LONGEST_LOCAL = 64
"""Octets before the @ (RFC 5321 section 4.5.3.1.1)."""


@lru_cache(maxsize=REMEMBERED)
def _normal(address: str) -> str:
    """A list is mostly plain addresses in few domains: those are not looked into one by one."""
    plain = _PLAIN.fullmatch(address)
    if plain is None or len(plain[1]) > _LONGEST_LOCAL:
        return _examined(address)
    domain = _plain_domain(plain[2])
    return _examined(address) if domain is None else f"{plain[1]}@{domain}"


@lru_cache(maxsize=REMEMBERED)
def _plain_domain(domain: str) -> str | None:
    """The domain as it is stored; ``None`` if no plain address can be in it."""
    try:
        return domain_of(_examined(f"a@{domain}"))
    except AddressError:
        return None


def _examined(address: str) -> str:
    if not address:
        raise AddressError("Type an email address.")
    if "<" in address or ">" in address:
        raise AddressError("Type the address alone, without a name or angle brackets.")
    if any(_folds_into_ascii(character) for character in address):
        raise AddressError("It contains a character that only looks like a plain letter or sign.")
    try:
        valid = email_validator.validate_email(
            address,
            check_deliverability=False,
            strict=True,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
        )
    except email_validator.EmailNotValidError as error:
        raise AddressError(str(error)) from None
    normal = f"{valid.local_part}@{valid.ascii_domain.lower()}"
    if len(normal.encode()) > MAX_ADDRESS:
        raise AddressError("It is too long for an email address.")
    return normal


def _folds_into_ascii(character: str) -> bool:
    """Whether a non-ASCII character turns into an ASCII one by normalising or lower-casing it."""
    if character.isascii():
        return False
    forms = unicodedata.normalize("NFKC", character), character.lower()
    return any(part.isascii() for form in forms for part in form)
