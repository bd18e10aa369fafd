"""One rule for addresses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail import addresses
from app.mail.addresses import Address, AddressError, domain_of, normalise


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Alice@Example.COM", "Alice@example.com"),
        ("  bob@example.com ", "bob@example.com"),
        ("a.b+tag@sub.example.co.uk", "a.b+tag@sub.example.co.uk"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("info@faß.de", "info@xn--fa-hia.de"),  # IDNA 2003 would have made it fass.de
        ("bjo\u0308rn@example.com", "bj\u00f6rn@example.com"),
        ("relay@mail.internal", "relay@mail.internal"),
        ("root@server.local", "root@server.local"),
        ("alice@acme.test", "alice@acme.test"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_what_is_stored(typed: str, stored: str) -> None:
    assert normalise(typed) == stored
    assert normalise(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "alice",
        "alice@",
        "@example.com",
        "alice@localhost",
        "a@b@example.com",
        "alice@example.com, bob@example.com",
        "alice@example.com;bob@example.com",
        "alice@example.com bob@example.com",
        "Alice <alice@example.com>",
        "<alice@example.com>",
        "(comment)alice@example.com",
        "alice@example.com(comment)",
        '"alice"@example.com',
        '"alice@evil.com"@example.com',
        "alice@[192.0.2.1]",
        "alice@[IPv6:::1]",
        "alice@example..com",
        ".alice@example.com",
        "alice.@example.com",
        "al..ice@example.com",
        "alice@-example.com",
        "alice@example.com\r\nBcc: evil@example.com",
        "alice@example.com\n",
        "ali\0ce@example.com",
        "alice@exa\tmple.com",
        "alice@example.onion",
        "x" * 65 + "@example.com",
        "alice@" + "x." * 130 + "com",
        "ali\u200bce@example.com",
        "\u202ealice@example.com",
    ],
)
def test_what_is_refused(typed: str) -> None:
    with pytest.raises(AddressError) as raised:
        normalise(typed)
    assert raised.value.reason.endswith(".")


@pytest.mark.parametrize(
    "typed",
    [
        "mi\u212ae@example.com",  # KELVIN SIGN
        "mike@\u212aelvin.com",
        "\u017fam@example.com",  # LONG S
        "\u0130nci@example.com",  # I WITH DOT ABOVE, whose small form begins with an i
        "\uff41lice@example.com",  # FULLWIDTH A
        "o\ufb03ce@example.com",  # LIGATURE FFI
        "a\u037eb@example.com",  # GREEK QUESTION MARK, which is a semicolon
        "alice\uff20example.com",  # FULLWIDTH AT
    ],
)
def test_look_alikes_of_plain_letters_are_refused(typed: str) -> None:
    with pytest.raises(AddressError):
        Address.parse(typed)


def key_of(typed: str) -> str:
    return Address.parse(typed).key


def test_capitals_do_not_make_another_address() -> None:
    assert key_of("Alice@Example.com") == key_of("aLICE@exAMPLE.com") == "alice@example.com"
    assert key_of("BJÖRN@example.com") == key_of("bjo\u0308rn@example.com")


def test_accents_and_scripts_make_another_address() -> None:
    spellings = ["strasse@example.com", "straße@example.com", "mıke@example.com",
                 "mike@example.com", "mіke@example.com", "resume@example.com",
                 "résumé@example.com"]  # fmt: skip
    assert len({key_of(spelling) for spelling in spellings}) == len(spellings)


def test_an_address_is_parsed_once_and_carries_its_key_and_domain() -> None:
    address = Address.parse(" Björn@BÜCHER.example ")
    assert address.text == str(address) == "Björn@xn--bcher-kva.example"
    assert address.key == "björn@xn--bcher-kva.example"
    assert address.domain == domain_of(address.text) == "xn--bcher-kva.example"
    assert Address.parse(address.text) == address
    assert domain_of("nobody") == ""


def test_what_is_no_address_is_looked_up_as_one_that_nobody_has() -> None:
    for typed in ("", "nobody", "mi\u212ae@example.com"):
        found = Address.as_typed(typed)
        assert found.text == typed
        with pytest.raises(AddressError):
            Address.parse(found.key)
    assert Address.as_typed(" Alice@example.com") == Address.parse("Alice@example.com")


DOMAINS = (
    *("acme.test", "ACME.Test", "xn--bcher-kva.test", "xn--zzzz", "a-.test", "-a.test", "a..b"),
    *("nodot", "x.invalid", "1.2.3.4", "a" * 64 + ".test", ".".join(["b" * 40] * 5), "ä.test"),
)


@given(
    local=st.text("aZ0_+-.!é", min_size=1, max_size=70),
    domain=st.sampled_from(DOMAINS),
)
def test_an_address_in_a_domain_that_is_known_is_judged_as_any_other(
    local: str, domain: str
) -> None:
    address = f"{local}@{domain}"
    try:
        expected = addresses._examined(address)
    except AddressError as error:
        with pytest.raises(AddressError, match=re.escape(error.reason)):
            Address.parse(address)
    else:
        assert Address.parse(address).text == expected
