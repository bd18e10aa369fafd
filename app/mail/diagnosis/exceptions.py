"""Diagnosis of what Python raises while it resolves, connects and shakes hands."""

from __future__ import annotations

import errno
import socket
import ssl

from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase
from app.mail.trust.peer import Doubt, Untrusted

# OpenSSL's X509_V_ERR_* numbers. Read from the error, never from its prose.
_VERIFY_CODES = {
    9: Code.CERT_EXPIRED,  # not yet valid
    10: Code.CERT_EXPIRED,
    18: Code.CERT_SELF_SIGNED,
    19: Code.CERT_SELF_SIGNED,
    62: Code.CERT_HOSTNAME,
    63: Code.CERT_HOSTNAME,  # an e-mail name, where one is asked for
    64: Code.CERT_HOSTNAME,  # an IP address
    66: Code.CERT_KEY_TOO_SHORT,
    67: Code.CERT_KEY_TOO_SHORT,  # the authority's
    68: Code.CERT_SIGNATURE_TOO_OLD,
}

# OpenSSL's reason names as ssl.SSLError.reason gives them.
_TLS_REASONS = {
    **dict.fromkeys(
        (
            "WRONG_VERSION_NUMBER",
            "HTTP_REQUEST",
            "HTTPS_PROXY_REQUEST",
            "UNKNOWN_PROTOCOL",
            "PACKET_LENGTH_TOO_LONG",
            "RECORD_LAYER_FAILURE",
            "WRONG_SSL_VERSION",
        ),
        Code.TLS_MODE_MISMATCH,
    ),
    **dict.fromkeys(
        (
            "UNSUPPORTED_PROTOCOL",
            "TLSV1_ALERT_PROTOCOL_VERSION",
            "NO_SHARED_CIPHER",
            "NO_CIPHERS_AVAILABLE",
            "NO_PROTOCOLS_AVAILABLE",
            "SSLV3_ALERT_HANDSHAKE_FAILURE",
            "SSL/TLS_ALERT_HANDSHAKE_FAILURE",
            "TLSV1_ALERT_INSUFFICIENT_SECURITY",
            "VERSION_TOO_LOW",
            "DH_KEY_TOO_SMALL",
            "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
            "WRONG_SIGNATURE_TYPE",
            "INAPPROPRIATE_FALLBACK",
        ),
        Code.TLS_VERSION,
    ),
    **dict.fromkeys(("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL"), Code.CERT_KEY_TOO_SHORT),
    "CA_MD_TOO_WEAK": Code.CERT_SIGNATURE_TOO_OLD,
}

# What a server says of the certificate that it was shown, or missed: RFC 8446 section 6.2. OpenSSL
# puts different words before these in its versions.
_OF_OURS = {
    "CERTIFICATE_REQUIRED": Code.CLIENT_CERT_REQUIRED,
    "NO_CERTIFICATE": Code.CLIENT_CERT_REQUIRED,
    **dict.fromkeys(
        (
            "UNKNOWN_CA",
            "BAD_CERTIFICATE",
            "UNSUPPORTED_CERTIFICATE",
            "CERTIFICATE_REVOKED",
            "CERTIFICATE_EXPIRED",
            "CERTIFICATE_UNKNOWN",
            "ACCESS_DENIED",
        ),
        Code.CLIENT_CERT_REFUSED,
    ),
}

_DOUBTS = {
    Doubt.ANOTHER_KEY: Code.CERT_PIN,
    Doubt.NOT_ITS_OWN: Code.CERT_UNKNOWN_ISSUER,
    Doubt.OUT_OF_DATE: Code.CERT_EXPIRED,
}

_UNREACHABLE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EHOSTDOWN,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
}
_REFUSED = {errno.ECONNREFUSED, errno.EACCES, errno.EPERM}
_DROPPED = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ESHUTDOWN, errno.ENOTCONN}

_NO_SUCH_NAME = {
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_FAMILY", "EAI_ADDRFAMILY", "EAI_SERVICE")
    if hasattr(socket, name)
}


def known_exception(phase: Phase, error: BaseException) -> Code | None:
    """The code of an exception whose type and numbers say enough, else None."""
    if isinstance(error, Untrusted):
        return _DOUBTS[error.doubt]
    if isinstance(error, ssl.SSLError):
        return _tls(phase, error)
    if isinstance(error, socket.gaierror):
        return Code.DNS_NOT_FOUND if error.errno in _NO_SUCH_NAME else Code.DNS_TEMPORARY
    if isinstance(error, UnicodeError):
        # The resolver's IDNA step: a label that is empty or longer than 63 octets.
        return Code.DNS_NOT_FOUND if phase is Phase.DNS else None
    if isinstance(error, EOFError):
        return Code.CONNECTION_DROPPED
    if isinstance(error, OSError):
        return _socket(phase, error)
    return None


def _tls(phase: Phase, error: ssl.SSLError) -> Code:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY_CODES.get(getattr(error, "verify_code", 0), Code.CERT_UNKNOWN_ISSUER)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) and phase is not Phase.TLS:
        return Code.CONNECTION_DROPPED
    reason = getattr(error, "reason", None) or ""
    alert = reason.partition("_ALERT_")[2]
    return _OF_OURS.get(alert) or _TLS_REASONS.get(reason, Code.TLS_FAILED)


def _socket(phase: Phase, error: OSError) -> Code | None:
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return _timeout(phase)
    if error.errno in _UNREACHABLE:
        return Code.NETWORK_UNREACHABLE
    if isinstance(error, ConnectionRefusedError) or error.errno in _REFUSED:
        return Code.CONNECT_REFUSED
    if isinstance(error, ConnectionError) or error.errno in _DROPPED:
        return Code.CONNECTION_DROPPED
    return None


def _timeout(phase: Phase) -> Code:
    if phase is Phase.DNS:
        return Code.DNS_TEMPORARY
    if phase in {Phase.CONNECT, Phase.GREETING}:
        return Code.CONNECT_TIMEOUT
    return Code.TLS_FAILED if phase is Phase.TLS else Code.CONNECTION_DROPPED
