"""Which passwords are accepted: long enough, and not what somebody would try first."""

from __future__ import annotations

import time

import pytest

from app.accounts.passwords import MAXIMUM, hash_password, verify_password, weakness

WHO = {"email": "kim.novak@acme.test", "name": "Kim Novak"}


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "kettle-drum-window-9",
        "x9$kQp2!mZr7",
        "пароль из четырёх слов",
    ],
)
def test_a_password_that_is_hard_to_guess_is_accepted(password: str) -> None:
    assert weakness(password, **WHO) is None


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 12"),
        ("correct horse\x00 battery", "control characters"),
        ("x" * (MAXIMUM + 1), "at most 256"),
        ("password1234", "guessed quickly"),
        ("qwertyuiop123", "guessed quickly"),
        ("abcabcabcabcabc", "guessed quickly"),
        ("P@ssw0rd2026", "guessed quickly"),
        ("iloveyouiloveyou", "guessed quickly"),
        ("kim.novak@acme.test", "your address or your name"),
        ("KimNovak1234", "your address or your name"),
        ("acmenovak2026", "your address or your name"),
    ],
)
def test_a_password_that_is_tried_early_is_refused_in_words(password: str, says: str) -> None:
    reason = weakness(password, **WHO)
    assert reason is not None
    assert says in reason
    assert password not in reason


def test_a_stored_password_costs_what_owasp_asks_for(slow_hashing: None) -> None:
    stored = hash_password("correct horse battery staple")
    assert stored.startswith("$argon2id$v=19$m=9216,t=4,p=1$")
    assert verify_password(stored, "correct horse battery staple")
    assert not verify_password(stored, "correct horse battery stable")


@pytest.mark.timing
@pytest.mark.parametrize("piece", ["a1b2c3", "ab", "Pa$$w0rd", "\u0430", "0123456789"])
def test_estimating_a_long_password_takes_no_time_that_anybody_notices(piece: str) -> None:
    password = (piece * MAXIMUM)[:MAXIMUM]
    weakness(password, **WHO)
    begin = time.perf_counter()
    weakness(password, **WHO)
    assert time.perf_counter() - begin < 0.5
