"""One form POST, one JSON answer, one deadline over all of it.

What the service says in prose is read by nobody; ``error``, numbers and times are.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from urllib3.exceptions import HTTPError

from app.mail.http import body_of, line_to
from app.mail.oauth.refused import TokenRefused, Trouble
from app.mail.smtp.wire import Deadline
from app.mail.transport import TransportError

LARGEST = 65_536
"""Octets of an answer that are read: real ones have 1 to 6 kB."""

NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})

LONGEST_PAUSE = 86_400
"""Seconds that a service can ask us to leave it alone, however large the number it sends."""

WAIT = 20.0
"""Seconds for a whole call: name, connection, TLS, request and answer."""


@dataclass(frozen=True)
class Answer:
    """``status`` is HTTP's; ``values`` what the JSON object held. Never logged: it has tokens."""

    status: int
    values: Mapping[str, Any]
    retry_after: int | None

    def __repr__(self) -> str:
        return f"Answer({self.status}, hidden)"


def post(
    url: str,
    fields: Mapping[str, str],
    *,
    context: ssl.SSLContext | None = None,
    patience: float = WAIT,
) -> Answer:
    """Send a form to a sign-in service and read its answer, within ``patience`` seconds.

    :raises TokenRefused: the service could not be reached, answered too late, too much, or
        something that is no JSON object.
    """
    deadline = Deadline(min(patience, WAIT))
    connection = line_to(url, deadline, context=context)
    try:
        connection.connect()
        connection.request(
            "POST",
            urlsplit(url).path,
            body=urlencode(fields),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
                "User-Agent": "Novantra",
            },
            preload_content=False,
        )
        with closing(connection.getresponse()) as response:
            body = body_of(response, LARGEST + 1)
        deadline.left()
        return _answer(response.status, response.headers.get("Retry-After"), body)
    except socket.gaierror as error:
        missing = error.errno in NO_SUCH_NAME
        raise TokenRefused(Trouble.NO_NAME if missing else Trouble.NAME_LATER) from None
    except TimeoutError:
        raise TokenRefused(Trouble.SILENT) from None
    except ssl.SSLError:
        raise TokenRefused(Trouble.NO_TLS) from None
    except TransportError:  # every address of the name is one that we refuse
        raise TokenRefused(Trouble.UNREACHABLE) from None
    except (HTTPError, HTTPException, OSError) as error:
        # urllib3 wraps what TLS and the socket say; a hang-up by our own guard ends here, too.
        raise TokenRefused(_trouble_of(error, deadline)) from None
    finally:
        connection.close()
        connection.let_go()


def _trouble_of(error: BaseException, deadline: Deadline) -> Trouble:
    try:
        deadline.left()
    except TimeoutError:
        return Trouble.SILENT
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return Trouble.NO_TLS
        if isinstance(seen, TimeoutError):
            return Trouble.SILENT
        if isinstance(seen, HTTPException) and not isinstance(seen, ConnectionError):
            return Trouble.NO_JSON  # somebody answered who does not even speak HTTP
        seen = seen.__cause__ or seen.__context__
    return Trouble.UNREACHABLE


def _answer(status: int, retry_after: str | None, body: bytes) -> Answer:
    if len(body) > LARGEST:
        raise TokenRefused(Trouble.TOO_MUCH, status=status)
    whole = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
    seconds = min(int(retry_after[:9]), LONGEST_PAUSE) if retry_after and whole else None
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        busy = status == 429 or status >= 500
        trouble = Trouble.BUSY if busy else Trouble.NO_JSON
        raise TokenRefused(trouble, status=status, retry_after=seconds)
    return Answer(status, values, seconds)
