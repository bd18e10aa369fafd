"""One request to a target: ten seconds for all of it, no redirect, and the answer is thrown away.

What a target writes is never shown and never kept: whoever may type an address could otherwise
read services that only this machine can reach.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import closing, suppress
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from app.alerts.kinds import Address, Kind
from app.alerts.outcomes import Answer, Outcome, of_status
from app.alerts.payloads import Request
from app.mail.http import Allowed, ForbiddenTarget, body_of, line_to
from app.mail.smtp.connect import is_public
from app.mail.smtp.wire import Deadline
from app.mail.tls import client_context
from app.mail.transport import TransportError
from app.version import VERSION

WAIT = 10.0
"""Seconds for name, connection, TLS, request and answer together."""

LARGEST = 65_536
"""Octets of an answer that are read before it is hung up on."""


def send(kind: Kind, address: Address, request: Request, *, private: bool) -> Answer:
    """Make the request and say what became of it. Never raises for what the other side does.

    :param private: whether loopback and private addresses may be reached
    """
    deadline = Deadline(WAIT)
    parts = urlsplit(address.url)
    allowed: Allowed = _anywhere if private else is_public
    line = line_to(address.url, deadline, context=client_context(), allowed=allowed)
    try:
        line.connect()
        line.request(
            request.method,
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            body=request.body,
            headers={"User-Agent": f"Novantra/{VERSION}", **request.headers},
            preload_content=False,
        )
        with closing(line.getresponse()) as response:
            status, retry_after = response.status, response.headers.get("Retry-After")
            with suppress(HTTPError, HTTPException, OSError):  # the status has said it already
                body_of(response, LARGEST)
        return of_status(kind, status, retry_after)
    except socket.gaierror:
        return Answer(Outcome.NO_NAME)
    except (ForbiddenTarget, TransportError):
        return Answer(Outcome.FORBIDDEN)
    except (HTTPError, HTTPException, OSError) as error:
        return Answer(_outcome_of(error, deadline))
    finally:
        line.close()
        line.let_go()


def _anywhere(_ip: str) -> bool:
    return True


def _outcome_of(error: BaseException, deadline: Deadline) -> Outcome:
    """urllib3 wraps what TLS and the socket say, and our own hanging up looks like theirs."""
    try:
        deadline.left()
    except TimeoutError:
        return Outcome.TIMED_OUT
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return Outcome.NO_TLS
        if isinstance(seen, TimeoutError):
            return Outcome.TIMED_OUT
        if isinstance(seen, HTTPException) and not isinstance(seen, ConnectionError):
            return Outcome.NO_HTTP
        seen = seen.__cause__ or seen.__context__
    return Outcome.UNREACHABLE
