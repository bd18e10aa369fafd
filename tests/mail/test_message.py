"""Messages mean what was meant, whatever was typed into their parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from app.mail import message as messages
from app.mail.message import (
    HeaderInjection,
    MessageParts,
    build,
    new_message_id,
    require_meaning,
)

PARTS = MessageParts(
    sender_address="novantra@acme.test",
    sender_name="Acme Novantra",
    recipient="bob@example.test",
    subject="Reset your password",
    text="Hello Bob,\n\nfollow https://hr.acme.test/reset?a=b\n",
    html="<p>Hello Bob</p>\n",
    message_id="<fixed@acme.test>",
    date=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
)


def parsed(octets: bytes) -> EmailMessage:
    message = message_from_bytes(octets, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_message_has_the_headers_that_it_needs() -> None:
    message = parsed(build(PARTS))
    assert {name: str(value) for name, value in message.items() if name != "Content-Type"} == {
        "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
        "From": "Acme Novantra <novantra@acme.test>",
        "To": "bob@example.test",
        "Subject": "Reset your password",
        "Message-ID": "<fixed@acme.test>",
        "MIME-Version": "1.0",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    assert message.get_content_type() == "multipart/alternative"
    assert content(message, "plain") == PARTS.text
    assert content(message, "html") == PARTS.html


def test_the_better_alternative_comes_last() -> None:
    kinds = [part.get_content_type() for part in parsed(build(PARTS)).iter_parts()]
    assert kinds == ["text/plain", "text/html"]


def test_a_message_may_be_text_alone() -> None:
    message = parsed(build(replace(PARTS, html=None)))
    assert message.get_content_type() == "text/plain"
    assert content(message, "plain") == PARTS.text


def test_message_ids_are_under_the_senders_domain_and_never_the_same() -> None:
    ids = {new_message_id("novantra@acme.test") for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("<") and one.endswith("@acme.test>") for one in ids)


@pytest.mark.parametrize(
    "name",
    [
        "Acme HR",
        "Acme, Inc.",
        'Bob "the builder" O\\Hara',
        "Acme <evil@example.test>",
        "evil@example.test",
        "=?utf-8?q?x=0d=0aBcc:_evil@example.test?=",
        "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS50ZXN0?=",
        "Ünïcödé 人事部 🦊",
        "人" * 64,
        "x" * 100,
        "(comment)",
        "a:b;c,d",
        "trailing dot.",
    ],
)
def test_a_sender_name_is_a_name_and_nothing_else(name: str) -> None:
    message = parsed(build(replace(PARTS, sender_name=name)))
    (address,) = message["From"].addresses
    shown = address.display_name
    if len(name.encode()) > 45 and not name.isascii():  # the standard library adds blanks here
        shown = shown.replace(" ", "")
    assert (shown, address.addr_spec) == (name, PARTS.sender_address)
    assert "Bcc" not in message


@pytest.mark.parametrize(
    "subject",
    [
        "Réinitialisez votre mot de passe",
        "パスワードの再設定",
        "🦊 " * 40,
        "=?utf-8?q?x=0d=0aBcc:_evil@example.test?=",
        "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS50ZXN0?=",
        "=?us-ascii?q?=0A=0DBcc=3A_evil=40example.test?= and more",
        "=?",
        "x" * 998,
        "word " * 100,
        "Bcc: evil@example.test",
        "",
    ],
)
def test_a_subject_is_a_subject_and_nothing_else(subject: str) -> None:
    octets = build(replace(PARTS, subject=subject))
    message = parsed(octets)
    assert message["Subject"] == " ".join(subject.split())
    assert "Bcc" not in message
    # Reading it, writing it and reading it again is what turned such subjects into a Bcc line.
    again = parsed(octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    assert "Bcc" not in again


@pytest.mark.parametrize(
    "character", ["\r", "\n", "\r\n", "\0", "\x0b", "\x85", "\u2028", "\ud800"]
)
@pytest.mark.parametrize(
    "field", ["subject", "sender_name", "recipient", "sender_address", "message_id"]
)
def test_control_characters_in_a_header_are_refused(field: str, character: str) -> None:
    value = f"a{character}b@example.test"
    with pytest.raises(HeaderInjection):
        build(replace(PARTS, **{field: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    ["a@b.test, c@d.test", "<a@b.test>", "a b@c.test", "a@b@c.test", "nobody", "a@b.test(c)", ""],
)
def test_only_a_bare_address_is_written(address: str) -> None:
    with pytest.raises(HeaderInjection):
        build(replace(PARTS, recipient=address))


def test_additional_headers_are_written_and_cannot_replace_ours() -> None:
    message = parsed(build(replace(PARTS, headers={"X-Novantra-Kind": "reset — now"})))
    assert message["X-Novantra-Kind"] == "reset — now"
    for name in ("To", "bcc: x", "Content-Type", "subject", "X Y", ""):
        with pytest.raises(HeaderInjection):
            build(replace(PARTS, headers={name: "value"}))


def test_an_international_address_stays_readable_in_the_header() -> None:
    octets = build(replace(PARTS, recipient="bjørn@example.test"))
    assert "To: bjørn@example.test\r\n".encode() in octets


@pytest.mark.parametrize(
    "text",
    [
        "From the start\n",
        ".\n..\n.dot\n",
        "long " * 500,
        "x" * 3000,
        "x" * 998 + "\n" + "x" * 999 + "\n",
        "Grüße\n\n  trailing blanks  \n\t\n",
        "a = b & c=3D\n",
        "tab\tand nul \0\n",
        "=\n=20\n",
        "🦊" * 700,
        "\n\n\n",
        "",
    ],
)
def test_any_body_travels_in_seven_bits_and_arrives_unchanged(text: str) -> None:
    octets = build(replace(PARTS, text=text, html=text))
    assert octets.isascii()
    assert b"\0" not in octets
    assert octets.count(b"\n") == octets.count(b"\r") == octets.count(b"\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    message = parsed(octets)
    meant = text if text.endswith("\n") else text + "\n"
    assert content(message, "plain") == meant
    assert content(message, "html") == meant


def test_ascii_bodies_stay_readable_without_decoding() -> None:
    assert b"https://hr.acme.test/reset?a=b\r\n" in build(PARTS)


def _meant(header: str, to: str = "bob@example.test") -> None:
    names = ["Date", "From", "To", "Subject", "Message-ID"]
    sender = ("Acme", "novantra@acme.test")
    require_meaning(header, names, sender=sender, recipient=to, subject="Hello")


HEADER = (
    "Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    "From: Acme <novantra@acme.test>\r\n"
    "To: bob@example.test\r\n"
    "Subject: Hello\r\n"
    "Message-ID: <fixed@acme.test>\r\n"
)


def test_headers_that_differ_in_plain_fields_alone_are_parsed_once() -> None:
    messages._read.cache_clear()
    for number in range(50):
        to = f"p{number}@example.test"
        _meant(HEADER.replace("bob@example.test", to).replace("fixed", f"m-{number}_"), to)
    assert messages._read.cache_info().misses == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bob@example.test", "eve@example.test"),
        ("bob@example.test", "bob@example.test, eve@example.test"),
        ("bob@example.test", "=?utf-8?q?eve=40evil.test=2c?=@example.test"),
        ("To: bob@example.test\r\n", "To: bob@example.test\r\nTo: bob@example.test\r\n"),
        ("To: bob@example.test\r\n", "To: bob@example.test\r\n eve@example.test\r\n"),
        ("To: bob@example.test\r\n", "Bcc: eve@example.test\r\nTo: bob@example.test\r\n"),
        ("To: bob@example.test\r\n", "to: eve@example.test\r\n"),
        ("To: bob@example.test\r\n", ""),
        ("Subject: Hello", "Subject: =?utf-8?q?Hello=0d=0aBcc:_eve=40evil.test?="),
        ("Subject: Hello", "Subject: Hello\nTo: bob@example.test"),
        ("<novantra@acme.test>", "<eve@evil.test>"),
        ("+0000\r\n", "+0000\r\n\r\n"),
        ("<fixed@acme.test>\r\n", "<fixed@acme.test>\r\nDate: x\r\n"),
    ],
)
def test_a_header_that_says_something_else_is_noticed_also_after_one_that_was_right(
    old: str, new: str
) -> None:
    _meant(HEADER)
    with pytest.raises(HeaderInjection):
        _meant(HEADER.replace(old, new))


@pytest.mark.parametrize(
    "address",
    ["o'neil@example.test", "a+b=c@x-y.example.test", "_@localhost", "#!$%&'*+-/=^_`{|}~@a.test"],
)
def test_an_address_that_counts_as_plain_is_read_by_the_parser_as_the_same(address: str) -> None:
    assert messages._PLAIN.search(f"To: {address}\r\n")
    assert parsed(build(replace(PARTS, recipient=address)))["To"].addresses[0].addr_spec == address


def test_an_address_that_is_not_plain_is_read_each_time() -> None:
    for address in ("dörte@example.test", "a?b@example.test"):
        assert not messages._PLAIN.search(f"To: {address}\r\n")
        assert f"To: {address}\r\n".encode() in build(replace(PARTS, recipient=address))
