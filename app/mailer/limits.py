"""What a relay allows an account: so many connections, so many messages in a time.

A provider says what its service is known to allow (``Provider.limits``), for its hosts under any
provider. The environment may say otherwise: an account can be allowed more, and a company's own
relay less. They hold over all processes and hosts together; see :mod:`app.outbox.allowance`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """``None`` where there is no limit. At most ``messages`` begin in any ``seconds``."""

    connections: int | None = None
    messages: int | None = None
    seconds: int = 60

    def told(self, *, connections: int, per_minute: int) -> Limits:
        """The same, but for what somebody who knows the account has said. 0: nothing."""
        limits = self
        if connections:
            limits = replace(limits, connections=connections)
        if per_minute:
            limits = replace(limits, messages=per_minute, seconds=60)
        return limits


UNLIMITED = Limits()
