"""A well-behaved relay that records what it is told, for every test that sends mail.

::

    with Relay(tls="starttls", users={"alice": "pw"}, require_auth=True) as relay:
        ...  # relay.host, relay.port
    assert relay.envelopes[0].rcpt_to == "bob@example.test"

For relays that misbehave see :mod:`tests.faults.server`.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

from tests.certificates import server_context

# It warns of its own use of an attribute that it has deprecated.
logging.getLogger("mail.log").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Received:
    """A message that the relay accepted. ``content`` has its dots unstuffed."""

    peer: str
    mail_from: str
    rcpt_to: str
    content: bytes
    mail_options: tuple[str, ...] = ()
    encrypted: bool = False
    username: str | None = None

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """The plain text part."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """The HTML part, or nothing."""
        part = self.message.get_body(("html",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


@dataclass
class Relay:
    """Runs in a thread on a free port of ``host`` while the ``with`` block lasts.

    ``users``: user names and passwords; AUTH is offered if there are any.
    ``mechanisms``: what AUTH offers. ``PLAIN``, ``LOGIN`` and ``CRAM-MD5`` work, others are named;
    ``XOAUTH2`` and ``OAUTHBEARER`` work where ``users`` has tokens in place of passwords. A refused
    token is told as Google does, or at once as Microsoft does (``refuses_at_once``).
    ``reject_rcpt``: address → reply. ``reject_mail``: the reply to every MAIL.
    ``replies``: command (``EHLO``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA``, ``RSET``, ``QUIT``, or
    ``.`` for the end of the data) → one reply for always, or a list of which each is used once
    (``None`` in it lets one command through); a 421 also hangs up.
    All of them may be changed while the relay runs. ``delay``: seconds before the reply to the
    final dot. ``certificate``: see :data:`tests.certificates.KINDS`.
    """

    tls: str = "none"
    users: Mapping[str, str] = field(default_factory=dict)
    require_auth: bool = False
    reject_rcpt: dict[str, str] = field(default_factory=dict)
    reject_mail: str | None = None
    replies: dict[str, str | list[str | None]] = field(default_factory=dict)
    size_limit: int = 10_000_000
    smtputf8: bool = True
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    certificate: str = "good"
    hostname: str = "relay.example.test"
    host: str = "127.0.0.1"
    port: int = 0
    delay: float = 0.0
    refuses_at_once: bool = False

    def __post_init__(self) -> None:
        self.envelopes: list[Received] = []
        self.commands: list[str] = []
        self.auth_attempts: list[tuple[str, str, str, bool]] = []
        """Mechanism, user name, password, whether encrypted."""
        self.dummies: list[bool] = []
        """For each token refused in two steps, whether the answer was the one of its mechanism."""
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._open: set[_Conversation] = set()

    def __enter__(self) -> Relay:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops listening and hangs up. May be called before the ``with`` block ends."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def drop_connections(self) -> None:
        """Hangs up on every client, as a relay that restarts does."""

        def drop() -> None:
            for conversation in list(self._open):
                if conversation.transport is not None:
                    conversation.transport.close()

        self._loop.call_soon_threadsafe(drop)

    def received(self, command: str) -> int:
        """How often ``command`` came."""
        return sum(1 for line in self.commands if line.split(" ")[0] == command)

    async def _listen(self) -> None:
        context = server_context(self.certificate) if self.tls == "implicit" else None
        self._server = await self._loop.create_server(
            lambda: _Conversation(self), self.host, self.port, ssl=context
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for conversation in list(self._open):
            if conversation.transport is not None:
                # close() would wait for the client's TLS goodbye, and the loop ends before that.
                conversation.transport.abort()
        await asyncio.sleep(0.01)
        pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


class _Conversation(SMTP):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        if {"XOAUTH2", "OAUTHBEARER"} & set(relay.mechanisms):
            self.line_length_limit = 12_290  # an AUTH response (RFC 4954 section 4)
        super().__init__(
            _Handler(relay),
            hostname=relay.hostname,
            ident="ESMTP",
            data_size_limit=relay.size_limit,
            enable_SMTPUTF8=relay.smtputf8,
            tls_context=server_context(relay.certificate) if relay.tls == "starttls" else None,
            auth_require_tls=False,
            auth_required=False,
            authenticator=self._check,
            auth_exclude_mechanism=[
                name
                for name in ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER")
                if name not in relay.mechanisms
            ],
            loop=relay._loop,
        )
        for name, method in list(self._smtp_methods.items()):
            self._smtp_methods[name] = self._recording(name, method)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._relay.connections += self.session is None  # STARTTLS calls this a second time
        self._relay._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._relay._open.discard(self)
        super().connection_lost(error)

    def _recording(self, name: str, method: Any) -> Any:
        async def run(argument: str | None) -> None:
            relay = self._relay
            relay.commands.append(name if argument is None else f"{name} {argument}")
            reply = _next_reply(relay.replies, name)
            if reply is None and relay.require_auth and name == "MAIL":
                reply = None if self.session.authenticated else "530 5.7.0 Authentication required"
            if reply is None and name == "MAIL":
                reply = relay.reject_mail
            if reply is None and name == "AUTH" and not relay.users:
                reply = "502 5.5.1 not offered"
            if reply is None:
                await method(argument)
                return
            await self.push(reply)
            if reply.startswith("421"):
                self.transport.close()

        return run

    async def auth_XOAUTH2(self, server: Any, arguments: list[str]) -> Any:  # noqa: N802
        """developers.google.com "OAuth 2.0 mechanism for Gmail"."""
        said = await self._bearer(arguments)
        if said is MISSING:
            return AuthResult(success=False, handled=False)
        fields = dict(part.partition("=")[::2] for part in said.split("\x01") if part)
        return await self._token("XOAUTH2", fields["user"], fields["auth"], b"")

    async def auth_OAUTHBEARER(self, server: Any, arguments: list[str]) -> Any:  # noqa: N802
        """RFC 7628."""
        said = await self._bearer(arguments)
        if said is MISSING:
            return AuthResult(success=False, handled=False)
        header, *pairs = said.split("\x01")
        name = header.split(",")[1].removeprefix("a=").replace("=2C", ",").replace("=3D", "=")
        fields = dict(part.partition("=")[::2] for part in pairs if part)
        assert fields["port"] == str(self._relay.port)
        return await self._token("OAUTHBEARER", name, fields["auth"], b"\x01")

    async def _bearer(self, arguments: list[str]) -> Any:
        if len(arguments) > 1:
            return base64.b64decode(arguments[1], validate=True).decode()
        said = await self.challenge_auth(b"")
        return said if said is MISSING else said.decode()

    async def _token(self, mechanism: str, user: str, auth: str, dummy: bytes) -> AuthResult:
        relay, token = self._relay, auth.removeprefix("Bearer ")
        encrypted = self.transport.get_extra_info("sslcontext") is not None
        relay.auth_attempts.append((mechanism, user, token, encrypted))
        right = auth.startswith("Bearer ") and relay.users.get(user) == token
        if not right and not relay.refuses_at_once:
            told = b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}'
            relay.dummies.append(await self.challenge_auth(told) == dummy)
        login = LoginPassword(user.encode(), b"")
        return AuthResult(success=right, handled=False, auth_data=login)

    async def auth_CRAM__MD5(self, server: Any, arguments: list[str]) -> Any:  # noqa: N802
        """RFC 2195. aiosmtpd finds mechanisms by this spelling; it brings PLAIN and LOGIN only."""
        challenge = f"<1896.697170952@{self._relay.hostname}>".encode()
        answer = await self.challenge_auth(challenge)
        if answer is MISSING:
            return AuthResult(success=False, handled=False)
        username, _, digest = answer.decode().rpartition(" ")
        password = self._relay.users.get(username)
        right = password is not None and hmac.compare_digest(
            hmac.new(password.encode(), challenge, "md5").hexdigest(), digest
        )
        encrypted = self.transport.get_extra_info("sslcontext") is not None
        self._relay.auth_attempts.append(("CRAM-MD5", username, digest, encrypted))
        login = LoginPassword(username.encode(), b"")
        return AuthResult(success=right, handled=False, auth_data=login)

    def _check(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        username, password = data.login.decode(), data.password.decode()
        encrypted = self.transport.get_extra_info("sslcontext") is not None
        self._relay.auth_attempts.append((mechanism, username, password, encrypted))
        right = self._relay.users.get(username) == password
        # handled=False makes aiosmtpd answer 535; without it a client would wait for ever
        return AuthResult(success=right, handled=False, auth_data=data)


class _Handler:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds hooks by this spelling
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if not self._relay.users:
            return [line for line in responses if not line[4:].startswith("AUTH")]
        named = f"AUTH {' '.join(self._relay.mechanisms)}"
        return [
            line[:4] + named if line[4:].startswith("AUTH ") else line
            for line in responses
            if not line[4:].startswith("AUTH=")
        ]

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if refusal := self._relay.reject_rcpt.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self._relay.delay:
            await asyncio.sleep(self._relay.delay)
        if reply := _next_reply(self._relay.replies, "."):
            return reply
        transport = server.transport
        self._relay.envelopes += [
            Received(
                peer=session.peer[0],
                mail_from=envelope.mail_from,
                rcpt_to=recipient,
                content=envelope.original_content or b"",
                mail_options=tuple(envelope.mail_options),
                encrypted=transport.get_extra_info("sslcontext") is not None,
                username=session.auth_data.login.decode() if session.auth_data else None,
            )
            for recipient in envelope.rcpt_tos
        ]
        return "250 2.0.0 queued"


def _next_reply(replies: dict[str, str | list[str | None]], name: str) -> str | None:
    found = replies.get(name)
    if isinstance(found, list):
        return found.pop(0) if found else None
    return found
