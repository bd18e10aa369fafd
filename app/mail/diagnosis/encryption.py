"""Replies and libraries' texts about TLS: demanded, missing, too old, or a certificate refused."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

_TLS = stems(
    "tls|ssl|starttls|encrypt|secure connection|secure channel",
)
_MISSING = stems(
    "not support|unsupported|not offer|not advertis|not implement|not recogni",
    "unrecogni|not available|not enabled|disabled|unknown command",
)

_OURS = ("client certificate", "client cert ", "smtp client cert", "your certificate")

REPLIES = (
    # Dovecot at the login, with or without a certificate that it does not know: it ends the
    # handshake with everybody.
    Rule(Code.CLIENT_CERT_REQUIRED, words=(("client didn t present",), ("ssl certificate",))),
    Rule(
        Code.CLIENT_CERT_REFUSED,
        words=(
            _OURS,
            stems(
                "not trusted|untrusted|invalid|not valid|reject|refus|unverified|not verif",
                "verification fail|verify fail|expired|revoked|unknown|not accept|not authori",
                "not permit|not allowed|mismatch",
            ),
        ),
    ),
    Rule(
        Code.CLIENT_CERT_REQUIRED,
        words=(_OURS, stems("requir|must|need|missing|no client|not present|present a|without")),
    ),
    Rule(Code.TLS_VERSION, status=("7.66",)),
    Rule(
        Code.TLS_VERSION,
        words=(
            ("tls", "ssl"),
            ("1 0", "1 1", "v1", "sslv3", "version", "cipher", "protocol"),
            stems(
                "not support|unsupported|upgrade|update|no longer|minimum|or higher|or later",
                "deprecat|disabled|too low|too old|weak|insecure|no shared|mismatch|obsolete",
            ),
        ),
        unless=("first", "handshake fail", "must issue", "starttls"),
    ),
    Rule(
        Code.TLS_MODE_MISMATCH,
        words=(("tls", "ssl", "starttls"), ("active", "already", "in progress", "when tls")),
    ),
    Rule(Code.TLS_FAILED, words=(("tls", "ssl"), ("handshake", "negotiat")), replies=("4", "5")),
    Rule(
        Code.TLS_FAILED,
        words=(("tls", "starttls"), ("not available", "unavailable", "temporar", "local problem")),
        replies=("4",),
    ),
    Rule(Code.STARTTLS_NOT_OFFERED, words=(("starttls", "tls"), _MISSING)),
    Rule(
        Code.STARTTLS_NOT_OFFERED,
        phases=(Phase.TLS,),
        replies=("500", "502", "504"),
    ),
    Rule(
        Code.TLS_REQUIRED,
        words=(
            _TLS,
            stems(
                "must|requir|first|need|mandatory|without|not allowed|only",
            ),
        ),
        unless=("no commands allowed", "protocol violation", "content", "not required"),
    ),
    Rule(Code.TLS_REQUIRED, replies=("538", "523"), status=("7.10", "7.11")),
    Rule(Code.TLS_REQUIRED, replies=("538",)),
    Rule(Code.TLS_REQUIRED, words=(("plaintext auth", "plain text auth"),)),
    Rule(Code.TLS_REQUIRED, words=(("encryption required", "encryption needed"),)),
    Rule(Code.TLS_FAILED, phases=(Phase.TLS,), replies=("421", "45"), unless=("ehlo", "helo")),
)


_CERTIFICATE = stems(
    "certificate|cert |x509|altname|alternative name|ssl |peer",
)

CERTIFICATES = (
    Rule(
        Code.CERT_PIN,
        words=(
            stems(
                "pinned public key|pinned key|pinned certificate|public key pin|key pinning",
                "pin verification|pin mismatch|pinning fail|certificate pinning",
            ),
        ),
    ),
    Rule(
        Code.CLIENT_CERT_REQUIRED,
        words=(("alert", "remote error tls"), ("certificate required",)),
    ),
    Rule(
        Code.CLIENT_CERT_REFUSED,
        words=(
            stems(
                "alert bad certificate|alert unknown ca|alert unsupported certificate",
                "alert certificate revoked|alert certificate expired|alert certificate unknown",
            ),
        ),
        unless=("generated client alert",),
    ),
    Rule(
        Code.CLIENT_CERT_REFUSED,
        words=(("remote error tls",), ("bad certificate", "unknown certificate")),
    ),
    Rule(
        Code.CERT_KEY_TOO_SHORT,
        words=(
            ("certificate", "ee ", "ca ", "x509", "rsa "),
            stems("key too weak|key too small|key too short|key size|keysize|key length"),
        ),
        unless=("dh ", "diffie"),
    ),
    Rule(
        Code.CERT_SIGNATURE_TOO_OLD,
        words=(
            stems(
                "md too weak|digest algorithm too weak|digest too weak|insecure algorithm",
                "signature algorithm too weak|check failed on signature",
                "weak signature algorithm|signed using insecure|uses an insecure signature",
            ),
        ),
    ),
    # Some libraries list every conceivable reason; that only says "not trusted".
    Rule(Code.CERT_UNKNOWN_ISSUER, words=(("following reasons",), ("not trusted",))),
    Rule(
        Code.CERT_HOSTNAME,
        words=(
            (*_CERTIFICATE, "host name", "hostname"),
            stems(
                "did not match|does not match|doesn t match|not match|mismatch|is valid for",
                "not valid for|altname|alternative names|alternative name|alternative dns",
                "ip sans|certificate name|name invalid|common name field|certificate cn|peer name",
            ),
        ),
        unless=("cipher", "version mismatch", "algorithm"),
    ),
    Rule(
        Code.CERT_EXPIRED,
        words=(
            (*_CERTIFICATE, "validity"),
            stems(
                "expired|not yet valid|not time valid|out of date|not after|validity check",
                "validity period",
            ),
        ),
    ),
    Rule(
        Code.CERT_SELF_SIGNED,
        words=(
            stems(
                "self signed|selfsigned|depth zero|untrusted root|root certificate which",
            ),
        ),
    ),
    Rule(
        Code.CERT_UNKNOWN_ISSUER,
        words=(
            stems(
                "unknown authority|local issuer|issuer certificate|unable to get issuer",
                "verify the first|verify leaf|unknown issuer|pkix path|certification path",
                "certificate chain|partial chain|chain errors|not trusted|trust anchor",
                "unknown ca|certificate unknown|certificate verify failed",
                "certificate verification|verify certificate|verify the certificate",
                "certificate is invalid|certificate was rejected|invalid certificate",
                "bad certificate|certificate could not|invalid peer certificate",
                "certificate not verified|certificate revoked",
                "certificate has been revoked|untrusted",
            ),
        ),
        unless=("revocation", "certificate crl"),
    ),
)

VERSIONS = (
    Rule(
        Code.TLS_MODE_MISMATCH,
        words=(
            stems(
                "wrong version number|wrong ssl version|record layer version",
                "record layer failure|first record does|look like a tls|unknown protocol",
                "plaintext connection|unrecognized ssl|unrecognised ssl|frame size",
                "corrupted frame|invalid content type|corrupt message|packet length too",
                "oversized record|record overflow|record too large|http request|non tls",
                "not an ssl|unexpected tls packet|unexpected packet format",
                "unexpected message type|already using tls|already tls|tls already",
            ),
        ),
    ),
    Rule(
        Code.TLS_VERSION,
        words=(
            stems(
                "unsupported protocol|protocol version|no protocols available",
                "appropriate protocol|protocol is disabled|no shared cipher|no cipher",
                "cipher suite|cipher mismatch|version too low|unsupported version",
                "selected unsupported|handshake failure|key too small|key too weak",
                "legacy renegotiation|legacy sigalg|legacy server",
                "common algorithm|algorithm mismatch|inappropriate fallback",
                "insufficient security|peer incompatible|ssl choose client|tls version",
                "wrong cipher|wrong signature type",
            ),
        ),
        unless=("cannot starttls",),
    ),
)

TLS_FAILURES = (
    Rule(Code.TLS_FAILED, words=(("decryption has failed",),)),
    Rule(Code.TLS_FAILED, words=(("tlsv1 unrecognized name", "unrecognized name"),)),
    Rule(
        Code.TLS_FAILED,
        words=(
            stems(
                "tls|ssl|handshake|crypto|secure connection|secure channel",
            ),
            stems(
                "fail|error|eof|disconnect|could not|unable|cannot|abort|clos|timeout",
                "timed out|alert|revocation|crl|reset|not establish",
            ),
        ),
        unless=("econnrefused", "connection refused", "getaddrinfo", "auth"),
    ),
)

OFFERS = (
    Rule(
        Code.STARTTLS_NOT_OFFERED,
        words=(
            ("starttls", "secure connections", "tls extension", "tls upgrade"),
            stems(
                "not support|doesn t support|not offer|not advertis|not available|unsupported",
                "no starttls|required but|not provide|not enabled|didn t advertise",
            ),
        ),
    ),
    # Go's client says this when it would have had to send a password in the clear.
    Rule(Code.STARTTLS_NOT_OFFERED, words=(("unencrypted connection",),)),
    Rule(
        Code.TLS_MODE_MISMATCH,
        words=(("465",), ("greeting never", "unexpectedly closed", "starttls", "response 1 ")),
        phases=(Phase.CONNECT, Phase.GREETING, Phase.TLS, None),
    ),
)
