"""A diagnosis always ends, quickly, in one of the codes; its rules stay general."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.diagnosis import diagnose_exception, diagnose_reply, diagnose_text
from app.mail.diagnosis.engine import LIBRARY_RULES, REPLY_RULES
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.phases import Phase
from app.mail.replies import Reply
from tests.mail.refusals import COLLECTED, POSTED

PHASES = st.sampled_from([None, *Phase])
PROVIDERS = st.none() | st.sampled_from(["smtp", "ses", "Microsoft 365"]) | st.text(max_size=40)
TEXTS = st.text(max_size=400) | st.binary(max_size=400).map(lambda b: b.decode("latin-1"))


@given(TEXTS, PHASES, PROVIDERS)
def test_any_text_gets_a_code(text: str, phase: Phase | None, provider: str | None) -> None:
    assert diagnose_text(text, phase, provider) in FailureCode


@given(
    st.integers(min_value=200, max_value=599),
    st.none() | st.from_regex(r"\A[245]\.[0-9]{1,3}\.[0-9]{1,3}\Z"),
    st.lists(TEXTS, max_size=4),
    st.sampled_from(Phase),
)
def test_any_reply_gets_a_code(
    code: int, enhanced: str | None, lines: list[str], phase: Phase
) -> None:
    assert diagnose_reply(phase, Reply(code, enhanced, tuple(lines))) in FailureCode


@given(TEXTS, st.sampled_from(Phase), st.sampled_from([OSError, ValueError, EOFError]))
def test_any_exception_gets_a_code(text: str, phase: Phase, kind: type[Exception]) -> None:
    assert diagnose_exception(phase, kind(text)) in FailureCode


@given(st.data(), PHASES)
def test_pieces_of_real_texts_never_break_it(data: st.DataObject, phase: Phase | None) -> None:
    texts = [r.text for r in (*POSTED, *COLLECTED)]
    pieces = data.draw(st.lists(st.sampled_from(texts), min_size=1, max_size=3))
    cut = data.draw(st.integers(min_value=0, max_value=200))
    assert diagnose_text(" ".join(pieces)[cut:], phase) in FailureCode


@pytest.mark.timing
@pytest.mark.parametrize(
    "piece",
    ["5", "a@", "@", "5.7.", "550-", "550 5.7.1 ", " ", "a.", "<", "\\n", "Aa", "x://", "é"],
)
def test_a_hostile_text_costs_no_more_than_a_long_one(piece: str) -> None:
    begun = time.perf_counter()
    diagnose_text(piece * (2_000_000 // len(piece)))
    assert time.perf_counter() - begun < 1.0


def test_no_rule_holds_a_sentence() -> None:
    for rule in (*REPLY_RULES, *LIBRARY_RULES):
        for stem in (*rule.unless, *(stem for group in rule.words for stem in group)):
            assert stem == stem.casefold()
            assert stem.strip()
            assert len(stem.split()) <= 4, stem


def test_every_rule_states_a_condition() -> None:
    for rule in (*REPLY_RULES, *LIBRARY_RULES):
        assert rule.words or rule.status or rule.replies


@pytest.mark.parametrize("phase", [Phase.CONNECT, Phase.GREETING, Phase.TLS, Phase.AUTH])
@pytest.mark.parametrize("number", [421, 450, 452, 500, 501, 550, 552, 553, 554, 555])
def test_no_mail_is_given_up_for_what_was_said_before_any_was_named(
    phase: Phase, number: int
) -> None:
    for refusal in (*POSTED, *COLLECTED):
        code = diagnose_reply(phase, Reply(number, None, (refusal.text,)), refusal.provider)
        assert disposition_of(code) is not Disposition.REJECT, refusal.text
