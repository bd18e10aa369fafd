"""Replies are read strictly and within limits."""

from __future__ import annotations

import pytest

from app.mail.replies import MAX_LINE, MAX_LINES, MalformedReply, Reply, ReplyParser


def parse(octets: bytes) -> Reply | None:
    parser = ReplyParser()
    parser.feed(octets)
    return parser.take()


def test_a_reply_of_one_line_has_code_enhanced_code_and_text() -> None:
    reply = parse(b"550 5.1.1 No such user\r\n")
    assert reply == Reply(550, "5.1.1", ("5.1.1 No such user",))


def test_lines_of_a_reply_are_joined_by_spaces() -> None:
    reply = parse(b"250-relay\r\n250-SIZE 100\r\n250 HELP\r\n")
    assert reply is not None
    assert reply.lines == ("relay", "SIZE 100", "HELP")
    assert reply.text == "relay SIZE 100 HELP"


@pytest.mark.parametrize("octets", [b"250\r\n", b"250 \r\n", b"250\n"])
def test_a_bare_code_is_a_reply(octets: bytes) -> None:
    assert parse(octets) == Reply(250, None, ("",))


def test_odd_octets_in_the_text_are_replaced() -> None:
    reply = parse(b"535 \xff\xfe \xc3\xa9\r\n")
    assert reply is not None
    assert reply.text == "\ufffd\ufffd \u00e9"


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"hello\r\n",
        b"150 begins with one\r\n",
        b"650 begins with six\r\n",
        b"25\r\n",
        b"2500 four digits\r\n",
        b"250\tseparated by a tab\r\n",
        b"250_underscore\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-one\r\nnot a code\r\n",
        b"250 a\rb\r\n",
        "２５０ full-width digits\r\n".encode(),
        b"\x00\xff\r\n",
        b"HTTP/1.1 400",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
)
def test_anything_else_is_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedReply):
        parse(octets)


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = b"250 " + b"x" * (MAX_LINE - 6) + b"\r\n"
    assert parse(longest) is not None
    with pytest.raises(MalformedReply):
        parse(b"250 " + b"x" * (MAX_LINE - 5) + b"\r\n")
    with pytest.raises(MalformedReply):
        parse(b"250 " + b"x" * MAX_LINE)


def test_a_reply_may_have_as_many_lines_as_the_limit_and_no_more() -> None:
    assert parse(b"250-x\r\n" * (MAX_LINES - 1) + b"250 x\r\n") is not None
    with pytest.raises(MalformedReply):
        parse(b"250-x\r\n" * MAX_LINES + b"250 x\r\n")


def test_what_follows_a_reply_is_kept_and_noticed() -> None:
    parser = ReplyParser()
    parser.feed(b"354 go\r\n250 too early\r\n")
    assert parser.take() == Reply(354, None, ("go",))
    assert not parser.idle
    assert parser.take() == Reply(250, None, ("too early",))
    assert parser.idle


def test_a_begun_reply_is_not_idle() -> None:
    parser = ReplyParser()
    parser.feed(b"250-one\r\n")
    assert parser.take() is None
    assert not parser.idle


@pytest.mark.parametrize(
    ("text", "enhanced"),
    [
        ("5.7.8 Bad", "5.7.8"),
        ("5.7.139 Authentication unsuccessful", "5.7.139"),
        ("5.7.1", "5.7.1"),
        ("5.7.1.2 an address", None),
        ("3.0.0 no such class", None),
        ("see 5.7.8", None),
        ("10.0.0.1 is blocked", None),
    ],
)
def test_an_enhanced_code_stands_at_the_start(text: str, enhanced: str | None) -> None:
    reply = parse(f"550 {text}\r\n".encode())
    assert reply is not None
    assert reply.enhanced == enhanced


def test_the_repr_of_a_reply_says_nothing_that_the_server_said() -> None:
    assert repr(parse(b"535 5.7.8 hunter2\r\n")) == "Reply(535, 5.7.8)"


def test_a_line_that_was_a_reply_once_is_still_a_line_within_another() -> None:
    """What is known again is a whole reply, never a part of one."""
    parser = ReplyParser()
    for octets, lines in (
        (b"250 two\r\n", ("two",)),
        (b"250-one\r\n250 two\r\n", ("one", "two")),
        (b"250 two\r\n", ("two",)),
    ):
        parser.feed(octets)
        assert parser.take() == Reply(250, None, lines)
    parser.feed(b"251-other\r\n250 two\r\n")
    with pytest.raises(MalformedReply):
        parser.take()


def test_what_is_known_again_is_little() -> None:
    parser = ReplyParser()
    for number in range(200):
        parser.feed(f"250 2.0.0 queued as {number}\r\n".encode())
        reply = parser.take()
        assert reply == Reply(250, "2.0.0", (f"2.0.0 queued as {number}",))
    assert len(parser._known) <= 32
