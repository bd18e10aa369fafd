"""One rule for host names: of relays, of ourselves, of the access URL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.install.access_url import AccessUrlRefused, parse_access_url
from app.mail.greeting import GreetingRefused, clean_greeting
from app.mail.hostnames import NoHostName, Why, clean_name
from app.mailer.providers.hosts import HostRefused, clean_host


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Mail.Example.COM", "mail.example.com"),
        ("mail.example.com.", "mail.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("1and1.example", "1and1.example"),
        ("a." * 126 + "t", "a." * 126 + "t"),
    ],
)
def test_a_name_has_one_form(typed: str, kept: str) -> None:
    assert clean_name(typed) == clean_name(kept) == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("a\u2028b.example", Why.CHARACTER),
        ("", Why.SHAPE),
        ("a..example", Why.SHAPE),
        ("mail.example..", Why.SHAPE),
        ("-a.example", Why.SHAPE),
        ("a_b.example", Why.SHAPE),
        ("x" * 64 + ".example", Why.SHAPE),
        ("a." * 126 + "tt", Why.SHAPE),
        ("1.2.3", Why.NUMBER),
        ("0x7f000001", Why.NUMBER),
        ("relay.0x1", Why.NUMBER),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(typed: str, why: Why) -> None:
    with pytest.raises(NoHostName) as refused:
        clean_name(typed)
    assert refused.value.why is why


def test_a_relay_may_have_an_underscore_in_its_name() -> None:
    assert clean_name("a_b.example", underscores=True) == clean_host("a_b.example")


@pytest.mark.parametrize("typed", ["0x7f000001", "mail.12", "a..example"])
@pytest.mark.parametrize(
    ("clean", "refused"),
    [
        (clean_greeting, GreetingRefused),
        (clean_host, HostRefused),
        (lambda name: parse_access_url(f"https://{name}"), AccessUrlRefused),
    ],
)
def test_wherever_a_name_is_typed_the_same_is_refused(
    clean: Callable[[str], object], refused: type[ValueError], typed: str
) -> None:
    with pytest.raises(refused, match=r"^[A-Z].*\.$"):
        clean(typed)
