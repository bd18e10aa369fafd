"""Explanations: the certificate that the relay shows, and the one that it wants to see."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Entry

ENTRIES = {
    Code.CERT_SELF_SIGNED: Entry(
        "The relay’s certificate is signed by itself",
        "{Host} shows a certificate that no authority vouches for, so we cannot tell it from an "
        "impostor. Nothing was sent, no password either.",
        (
            "Give the relay a certificate from a public authority.",
            "Or trust this very certificate: the connection check shows it. Compare that with what "
            "the relay’s operator says, and press “Trust this certificate”.",
            "If you did not expect this, something between here and {host} may be intercepting "
            "the connection: a virus scanner, a proxy or an attacker.",
        ),
        "ca_certificates",
    ),
    Code.CERT_UNKNOWN_ISSUER: Entry(
        "The relay’s certificate comes from an authority we do not know",
        "The chain from {host}’s certificate to a known authority cannot be built. Either the "
        "authority is a private one or the relay does not send its intermediate certificates.",
        (
            "Ask the relay’s operator to send the complete chain (“full chain”).",
            "If a private authority issued it, paste that authority’s root certificate under "
            "Certificates on the mailer page.",
            "If you did not expect this, look for a proxy or scanner that intercepts the "
            "connection.",
        ),
        "ca_certificates",
    ),
    Code.CERT_EXPIRED: Entry(
        "The relay’s certificate is out of date",
        "The certificate that {host} shows is not valid today: it has expired or begins later.",
        (
            "Ask the relay’s operator to renew the certificate and to restart the mail service.",
            "Check the clock of this server: a wrong date has the same effect.",
        ),
    ),
    Code.CERT_HOSTNAME: Entry(
        "The relay’s certificate is for another name",
        "The certificate shown is genuine but does not name {host}. That is how a wrong host "
        "name, an IP address in its place, or an intercepted connection looks.",
        (
            "Enter the host name that the certificate carries; the connection check lists its "
            "names.",
            "Do not enter an IP address where the certificate names a host.",
            "If the names belong to your hosting company, it redirects mail connections to a "
            "server of its own: use port 465, 587 or 2525, or ask it to stop.",
        ),
        "host",
    ),
    Code.CERT_KEY_TOO_SHORT: Entry(
        "The relay’s certificate has a key that is too short",
        "A certificate that {host} shows, its own or that of its authority, has a key so short "
        "that it can be forged (RSA under 2048 bits, for instance). It may be genuine, but nobody "
        "can be sure. Nothing was sent, no password either.",
        (
            "Ask the relay’s operator for a new certificate with an RSA key of 2048 bits or more, "
            "or with an elliptic curve key.",
            "If a private authority issued it, check that authority’s own key too: a short one "
            "has to be replaced, and the new root be trusted.",
            "Trusting the certificate does not help: its key stays as short.",
        ),
        "host",
    ),
    Code.CERT_SIGNATURE_TOO_OLD: Entry(
        "The relay’s certificate is signed in a way that is no longer safe",
        "A certificate in the chain that {host} shows is signed with SHA-1 or MD5, with which "
        "signatures can be forged. It may be genuine, but nobody can be sure. Nothing was sent, "
        "no password either.",
        (
            "Ask the relay’s operator for a certificate that is signed with SHA-256 or newer; "
            "public authorities have issued no others for years.",
            "If a private authority issued it, have that authority sign with SHA-256 and issue it "
            "again.",
            "If you did not expect this, look for a proxy or scanner that intercepts the "
            "connection and signs with an old method.",
        ),
        "host",
    ),
    Code.CERT_PIN: Entry(
        "The relay has another key",
        "The key of the certificate that {host} shows is none of those that are pinned. Either "
        "the relay has a new one, as with many renewals, or somebody else answers in its place. "
        "Nothing was sent, no password either.",
        (
            "Ask the relay’s operator whether the key was changed, and for its SHA-256.",
            "The connection check shows the new key, who vouches for it and since when. If it is "
            "the right one, press “Trust the new key”.",
            "If nobody changed it, something between here and {host} intercepts the connection: a "
            "virus scanner, a proxy or an attacker.",
            "To be spared of this, the operator can renew with the same key (certbot calls it "
            "--reuse-key), or tell you the next key before it comes: two can be pinned.",
        ),
        "certificate_pin",
    ),
    Code.CLIENT_CERT_REQUIRED: Entry(
        "The relay wants to be shown a certificate",
        "{Relay} only talks to those who show a certificate that it knows (mutual TLS), and "
        "was shown none.",
        (
            "Ask the relay’s operator for a client certificate with its private key, and paste "
            "both under Certificates on the mailer page.",
            "Or ask for a port that takes a user name and password instead.",
        ),
        "client_certificate",
    ),
    Code.CLIENT_CERT_REFUSED: Entry(
        "The relay refuses our certificate",
        "{Relay} was shown the client certificate that is configured and broke off: it is not one "
        "of those that the relay admits, or has ended, or its authority is another.",
        (
            "Look at when the client certificate ends; the mailer page shows it.",
            "Ask the relay’s operator whether exactly this certificate is admitted: its SHA-256 "
            "is in the audit log.",
            "Check that it is for clients. Certificates of public authorities are often for "
            "servers alone.",
            "If the authority has others in between, paste them below the certificate.",
        ),
        "client_certificate",
    ),
}
