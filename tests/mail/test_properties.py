"""Generated replies, bodies and headers. ``make fuzz`` does the same for longer."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mail import properties

_brief = settings(max_examples=150, deadline=None)


@_brief
@given(properties.octets | st.binary(max_size=3000), st.lists(st.integers(0, 5000), max_size=8))
def test_any_octets_are_replies_or_malformed(sent: bytes, cuts: Sequence[int]) -> None:
    properties.a_parser_gives_replies_or_gives_up(sent, cuts)


@_brief
@given(properties.conversations)
def test_any_server_is_survived_and_nothing_it_says_gets_out(parts: Sequence[bytes]) -> None:
    properties.a_session_ends_in_time_and_keeps_its_secret(parts)


@_brief
@given(properties.bodies)
def test_any_body_arrives_as_it_was(body: str) -> None:
    properties.a_body_arrives_as_it_was(body)


@_brief
@given(properties.texts, properties.texts, properties.bodies)
def test_any_message_parses_back_to_what_was_meant(subject: str, name: str, body: str) -> None:
    properties.a_message_parses_back(subject, name, body)
