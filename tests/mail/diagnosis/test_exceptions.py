"""What Python raises on the way to a relay is told apart by its numbers, not by its prose."""

from __future__ import annotations

import errno
import smtplib
import socket
import ssl

import pytest

from app.mail.diagnosis import diagnose_exception
from app.mail.failures import FailureCode as Code
from app.mail.phases import Phase


@pytest.mark.parametrize(
    ("phase", "error", "code"),
    [
        (Phase.DNS, socket.gaierror(socket.EAI_NONAME, "?"), Code.DNS_NOT_FOUND),
        (Phase.DNS, socket.gaierror(socket.EAI_NODATA, "?"), Code.DNS_NOT_FOUND),
        (Phase.DNS, socket.gaierror(socket.EAI_AGAIN, "?"), Code.DNS_TEMPORARY),
        (Phase.DNS, socket.gaierror(socket.EAI_FAIL, "?"), Code.DNS_TEMPORARY),
        (Phase.DNS, TimeoutError(), Code.DNS_TEMPORARY),
        (Phase.DNS, UnicodeError("label too long"), Code.DNS_NOT_FOUND),
        (Phase.CONNECT, ConnectionRefusedError(), Code.CONNECT_REFUSED),
        (Phase.CONNECT, OSError(errno.ECONNREFUSED, "?"), Code.CONNECT_REFUSED),
        (Phase.CONNECT, TimeoutError(), Code.CONNECT_TIMEOUT),
        (Phase.CONNECT, OSError(errno.ETIMEDOUT, "?"), Code.CONNECT_TIMEOUT),
        (Phase.CONNECT, OSError(errno.ENETUNREACH, "?"), Code.NETWORK_UNREACHABLE),
        (Phase.CONNECT, OSError(errno.EHOSTUNREACH, "?"), Code.NETWORK_UNREACHABLE),
        (Phase.CONNECT, ConnectionResetError(), Code.CONNECTION_DROPPED),
        (Phase.GREETING, TimeoutError(), Code.CONNECT_TIMEOUT),
        (Phase.GREETING, EOFError(), Code.CONNECTION_DROPPED),
        (Phase.TLS, TimeoutError(), Code.TLS_FAILED),
        (Phase.AUTH, TimeoutError(), Code.CONNECTION_DROPPED),
        (Phase.DATA, BrokenPipeError(), Code.CONNECTION_DROPPED),
        (Phase.DATA, ssl.SSLEOFError(), Code.CONNECTION_DROPPED),
        (Phase.TLS, ssl.SSLEOFError(), Code.TLS_FAILED),
        (Phase.DATA, RuntimeError("quux"), Code.PROTOCOL_ERROR),
    ],
    ids=str,
)
def test_sockets_and_resolvers(phase: Phase, error: BaseException, code: Code) -> None:
    assert diagnose_exception(phase, error) is code


def test_what_smtplib_raises_is_read_like_the_reply_in_it() -> None:
    error = smtplib.SMTPAuthenticationError(535, b"5.7.8 Error: authentication failed")
    assert diagnose_exception(Phase.AUTH, error) is Code.AUTH_BAD_CREDENTIALS


def test_an_exception_that_cannot_be_printed_still_gets_a_code() -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    assert diagnose_exception(Phase.CONNECT, Unprintable()) in Code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (18, Code.CERT_SELF_SIGNED),
        (19, Code.CERT_SELF_SIGNED),
        (20, Code.CERT_UNKNOWN_ISSUER),
        (21, Code.CERT_UNKNOWN_ISSUER),
        (9, Code.CERT_EXPIRED),
        (10, Code.CERT_EXPIRED),
        (62, Code.CERT_HOSTNAME),
        (64, Code.CERT_HOSTNAME),
        (66, Code.CERT_KEY_TOO_SHORT),
        (67, Code.CERT_KEY_TOO_SHORT),
        (68, Code.CERT_SIGNATURE_TOO_OLD),
        (999, Code.CERT_UNKNOWN_ISSUER),
    ],
)
def test_certificates_by_the_number_of_the_verification_error(number: int, code: Code) -> None:
    error = ssl.SSLCertVerificationError(1, "prose that says self-signed and expired")
    error.verify_code = number
    assert diagnose_exception(Phase.TLS, error) is code


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("WRONG_VERSION_NUMBER", Code.TLS_MODE_MISMATCH),
        ("HTTP_REQUEST", Code.TLS_MODE_MISMATCH),
        ("UNSUPPORTED_PROTOCOL", Code.TLS_VERSION),
        ("TLSV1_ALERT_PROTOCOL_VERSION", Code.TLS_VERSION),
        ("NO_SHARED_CIPHER", Code.TLS_VERSION),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", Code.TLS_VERSION),
        ("TLSV1_ALERT_INTERNAL_ERROR", Code.TLS_FAILED),
    ],
)
def test_handshakes_by_the_reason_that_openssl_gives(reason: str, code: Code) -> None:
    error = ssl.SSLError(1, "?")
    error.reason = reason
    assert diagnose_exception(Phase.TLS, error) is code
