"""The access URL as people reach it, and what the proxies in front of it pass on.

One request or two to the address that an administrator entered: no redirects, no cookies, a
certificate that is checked, and an end after some seconds whatever answers.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from app.config import Config
from app.doctor.line import Line, note, ok, todo, unseen

STEP_SECONDS = 5.0
"""For a connection, and for each part of an answer."""

WHOLE_SECONDS = 10.0
"""For one such request altogether."""

SOON_DAYS = 14
"""So many days before its end a certificate is worth a word."""

_READ = 64


@dataclass(frozen=True)
class Answer:
    """What one path answered. ``problem`` is a clause when nothing usable came back."""

    status: int = 0
    body: bytes = b""
    cookie: str = ""
    date: datetime | None = None
    days_left: int | None = None
    seconds: float = 0.0
    problem: str = ""
    cure: str = ""


def ask(base: str, path: str) -> Answer:
    """``GET`` of that path below the access URL."""
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(_ask(base, path)), daemon=True)
    thread.start()
    thread.join(WHOLE_SECONDS)
    return found[0] if found else Answer(problem="does not answer in time", cure=_NOT_THERE)


_NOT_THERE = (
    "Look whether the proxy runs and its name leads to it from this machine too; people may reach"
    " it all the same if only this machine cannot."
)
_UNTRUSTED = (
    "Let the proxy send the whole chain, and add a private authority to the trust store of this"
    " machine (or name a bundle in SSL_CERT_FILE)."
)


def _ask(base: str, path: str) -> Answer:
    parts, begun = urlsplit(base), time.monotonic()
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            host, parts.port or 443, timeout=STEP_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port or 80, timeout=STEP_SECONDS)
    try:
        connection.connect()
        days_left = _days_left(connection.sock)
        connection.request("GET", path, headers={"User-Agent": "novantra-doctor"})
        answer = connection.getresponse()
        return Answer(
            status=answer.status,
            body=answer.read(_READ),
            cookie=answer.headers.get("Set-Cookie", ""),
            date=_moment(answer.headers.get("Date")),
            days_left=days_left,
            seconds=time.monotonic() - begun,
        )
    except ssl.SSLCertVerificationError as error:
        why = " ".join(error.verify_message.split()).rstrip(".")
        return Answer(problem=f"shows a certificate that does not hold ({why})", cure=_UNTRUSTED)
    except ssl.SSLError:
        return Answer(problem="does not speak TLS there", cure="Correct the port or the scheme.")
    except socket.gaierror:
        return Answer(
            problem=f"has a name, {host}, without an address",
            cure="Enter it in DNS, or correct the access URL.",
        )
    except TimeoutError:
        return Answer(problem="does not answer in time", cure=_NOT_THERE)
    except (OSError, http.client.HTTPException):
        return Answer(problem="refuses the connection or breaks it off", cure=_NOT_THERE)
    finally:
        connection.close()


def _days_left(sock: socket.socket | None) -> int | None:
    if not isinstance(sock, ssl.SSLSocket):
        return None
    ends = (sock.getpeercert() or {}).get("notAfter")
    if not isinstance(ends, str):
        return None
    return int((ssl.cert_time_to_seconds(ends) - time.time()) // 86400)


def _moment(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def access_url(base: str, answer: Answer) -> Iterator[Line]:
    """Whether that address leads here. ``answer`` is that of ``/healthz``."""
    name = "Access URL"
    if answer.problem:
        yield todo(name, f"{base} {answer.problem}.", answer.cure)
        return
    if answer.status != 200 or b'"status"' not in answer.body:
        yield todo(
            name,
            f"{base} answers, but not as Novantra does: /healthz gave {answer.status}.",
            "Let the proxy pass every path on to NOVANTRA_BIND, start the server behind it, or"
            " correct the access URL.",
        )
        return
    if answer.days_left is not None and answer.days_left < SOON_DAYS:
        yield todo(
            name,
            f"{base} answers; its certificate ends in {answer.days_left} days.",
            "Renew it, or find out why it is not renewed by itself.",
        )
        return
    yield ok(name, f"{base} answers in {answer.seconds * 1000:.0f} ms.")


def proxies(config: Config, base: str, health: Answer, form: str) -> Iterator[Line]:
    """What the proxies pass on, as far as it shows from outside.

    ``form`` is the path of a page with a form, which comes with the session's cookie.
    """
    name, https = "Proxy headers", base.startswith("https:")
    trusted = config.trusted_proxies
    if https and not trusted:
        yield todo(
            name,
            "The access URL is https, so a proxy stands in front, and NOVANTRA_TRUSTED_PROXIES is"
            " 0: everybody counts as one network address.",
            "Set NOVANTRA_TRUSTED_PROXIES to the number of proxies in a row and restart.",
        )
        return
    if not trusted:
        yield ok(name, "No proxy is trusted, and plain http needs none.")
        return
    if health.problem or health.status != 200:
        yield unseen(
            name,
            "Nothing can be seen through the access URL while it does not answer as it should.",
        )
        return
    page = ask(base, form)
    if page.problem or not page.cookie:
        yield unseen(name, f"The page {form} gave no cookie, whose mark would tell.")
    elif https and "secure" not in page.cookie.lower():
        yield todo(
            name,
            "The proxy does not say that people come by https: the cookie is not marked Secure.",
            "Let it set X-Forwarded-Proto, and NOVANTRA_TRUSTED_PROXIES to the number of proxies.",
        )
    else:
        yield ok(name, f"{trusted} trusted; X-Forwarded-Proto arrives.")
    if _open_to_all(config.bind):
        yield note(
            name,
            f"NOVANTRA_BIND is {config.bind}: whoever reaches that port without the proxy can write"
            " such headers too.",
            "Let a firewall or the container network keep that port for the proxy.",
        )


def _open_to_all(bind: str) -> bool:
    host = bind.rpartition(":")[0].strip("[]")
    return host in {"0.0.0.0", "::"}  # noqa: S104 - compared only
