"""What hostile clients put into fields, addresses and headers."""

from __future__ import annotations

import random
from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

# Beside bad shapes these hold what has crashed programs: lone surrogates, NUL bytes, digits that
# are none, numbers that no integer column takes, formats that loop.
VALUES = (
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nBcc: x@evil.test",
    "\u202e\u2066",
    "\u212a@acme.test",
    "٣",
    "²",
    "-1",
    "0",
    "9" * 19,
    "9" * 400,
    "1e9",
    "NaN",
    "0x1f",
    "y",
    "None",
    "[]",
    "{",
    "{{7*7}}",
    "%s%n%(x)s",
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=x>",
    "' OR 1=1 --",
    "../../../etc/passwd",
    "//evil.test",
    "/\\evil.test",
    "http://[::1",
    "http://[::1]:99999",
    "https://a.b:٣/",
    "xn--",
    "xn--\u00fc.test",
    "a." * 130,
    "．．",
    "[::ffff:169.254.169.254%25eth0]",
    "fe80::1%eth0",
    "user@[127.0.0.1]",
    '"a b"@acme.test',
    "a@" + "b" * 300,
    "x" * 5000,
    "é" * 5000,
    "a\u0301" * 300,
    "2026-13-45",
    "0001-01-01",
    "9999-12-31",
    "smtp",
    "ses",
    "switch",
    "other",
    "admin",
    "v1.x.y.z",
    "AAAA" * 50,
    '{"smtp":{"host":{"a":1},"port":true}}',
    r'{"smtp":{"host":"\ud800","port":"\u0000","username":"\udfff"},"ses":{"region":"\udc80"}}',
    "[" * 4000,
)

FIELDS = (  # noqa: SIM905 - a list of words, read as one
    "setup_token access_url organization_name name email emails role password password_confirm"
    " current_password code action use kept shown provider sender_address sender_name host port"
    " secure username remove_password ignore_tls_errors connection_timeout region version"
    " transcript text phase finish next subject since until before after state kind to page from"
    " recipient within outcome token url secret mail_to enabled"
).split()

HEADERS = (
    ("Host", "evil.test"),
    ("Host", "a b"),
    ("Host", "[::1"),
    ("Host", "x" * 3000),
    ("Host", "e\u00e9.test"),
    ("Host", "acme.test:99999999"),
    ("X-Forwarded-For", "a, b, c"),
    ("X-Forwarded-For", "x" * 3000),
    ("X-Forwarded-Host", "evil.test"),
    ("X-Forwarded-Proto", "javascript"),
    ("Forwarded", 'for=;;;host="evil'),
    ("Origin", "null"),
    ("Referer", "http://[::1"),
    ("Cookie", "novantra=\xff\xfe; novantra=.eJ.a.b; =; ;;"),
    ("Cookie", "novantra=" + "A" * 3000),
    ("Authorization", "Bearer \xff"),
    ("Content-Length", "99"),
    ("Content-Type", "application/json"),
    ("Content-Type", "text/plain; charset=utf-7"),
    ("Content-Type", "application/x-www-form-urlencoded; charset=nonsense"),
    ("Content-Type", "multipart/form-data"),
    ("Content-Type", "multipart/form-data; boundary=" + "b" * 500),
    ("Accept-Language", "\xff;q=x"),
    ("If-Modified-Since", "yesterday"),
    ("Range", "bytes=9-1,-"),
    ("User-Agent", "\x7f\x80" * 50),
)


def rules(app: Flask) -> list[Rule]:
    """Every route, in an order that does not change from run to run."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def arguments(rule: Rule, known: dict[str, str], chance: random.Random) -> dict[str, str | int]:
    """Values for a route's parameters: what exists, or something that nobody meant."""
    made: dict[str, str | int] = {}
    for name in rule.arguments:
        number = isinstance(rule._converters[name], IntegerConverter)
        if chance.random() < 0.5:
            made[name] = int(known[name]) if number else known[name]
        elif number:
            made[name] = chance.choice([0, 2**31, 2**63 - 1, 2**63, 10**30, 10**4200])
        else:
            made[name] = chance.choice(VALUES).replace("/", "_") or "_"
    return made


def bodies(app: Flask, chance: random.Random) -> Iterator[tuple[bytes, str]]:
    """Request bodies that no browser sends, with their content types."""
    del app
    boundary = "multipart/form-data; boundary=x"
    yield b"a=1&" * 20_000, "application/x-www-form-urlencoded"
    yield (
        b"email=%ff%fe%00&password=%c0%80&csrf_token=%ed%a0%80",
        "application/x-www-form-urlencoded",
    )
    yield b"%" * 3000 + b"=%&=&&;;&=%zz", "application/x-www-form-urlencoded"
    yield b"email=" + b"x" * 900_000, "application/x-www-form-urlencoded"
    yield b"email=" + b"x" * 1_100_000, "application/x-www-form-urlencoded"
    yield b"--x\r\n", boundary
    yield b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--\r\n", boundary
    yield (
        b'--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\nb\r\n--x--',
        boundary,
    )
    yield (
        b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n\xff\r\n--x--\r\n',
        boundary,
    )
    part = b'--x\r\nContent-Disposition: form-data; name="emails"\r\n\r\n1\r\n'
    yield part * 2000 + b"--x--\r\n", boundary
    yield b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n" * 500, boundary
    yield b"{" * 10_000, "application/json"
    yield bytes(chance.randrange(256) for _ in range(3000)), boundary
    yield bytes(chance.randrange(256) for _ in range(3000)), "application/x-www-form-urlencoded"
