"""``make fuzz``: the properties of tests/mail/properties.py, for as long as one has patience.

``python -m tests.fuzz_replies [SECONDS]`` spends that many seconds, 60 by default, and exits
with 1 and the smallest example found if a property does not hold.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mail import properties

ROUND = 500
"""Examples between two looks at the clock."""

_long = settings(
    max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
_typed = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)

TARGETS: dict[str, Callable[[], None]] = {
    "replies": _long(
        given(properties.octets | st.binary(max_size=9000), st.lists(st.integers(0, 9000)))(
            properties.a_parser_gives_replies_or_gives_up
        )
    ),
    "sessions": _long(
        given(properties.conversations)(properties.a_session_ends_in_time_and_keeps_its_secret)
    ),
    "bodies": _long(given(properties.bodies)(properties.a_body_arrives_as_it_was)),
    "messages": _long(
        given(_typed | properties.texts, _typed | properties.texts, properties.bodies)(
            properties.a_message_parses_back
        )
    ),
}


def main(seconds: float) -> None:
    """Takes turns between the targets until the time is up."""
    end = time.monotonic() + seconds
    counts = dict.fromkeys(TARGETS, 0)
    while time.monotonic() < end:
        for name, target in TARGETS.items():
            target()
            counts[name] += ROUND
    print("nothing found in", ", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
