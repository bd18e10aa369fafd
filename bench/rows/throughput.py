"""Messages a second from the queue to a relay with STARTTLS and AUTH, 10 ms away.

The peer is what most programs do: a loop that opens an ``smtplib`` connection for every message
and writes nothing down. Ours commits a claim before and an outcome after each message and
keeps its connections. Both send the same bytes to the same relay.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from app import create_app
from app.config import Config
from app.crypto.secret import Secret
from app.mailer.configuration import save
from app.mailer.settings import PasswordChange, Settings
from app.outbox.models import OutboxMessage
from app.outbox.settle import SettleResult
from app.outbox.threads import Drain
from app.runtime import EXTENSION, Runtime
from app.sealing import OUTBOX_BYTES
from bench._relay import PASSWORD, USER, relay_process
from bench.figures import Figure, faster
from bench.setting import Bench
from tests.factories import install_novantra
from tests.outbox.letters import ALICE, reset_mail

ROUND_TRIP = 0.010
MESSAGES, PEER_MESSAGES = 400, 50
LIMIT = 2.0


def run(_bench: Bench) -> Iterable[Figure]:
    far = _measure(ROUND_TRIP / 2, (1, 4))
    for name, at_least in (("1 connection", LIMIT), ("4 connections", None)):
        yield faster(
            f"{MESSAGES} mails, STARTTLS and login, 10 ms away, {name}",
            far[name],
            "smtplib, a connection for each mail, nothing stored",
            far["peer"],
            at_least=at_least,
        )


def _measure(delay: float, connections: tuple[int, ...]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, relay_process(delay) as (port, authority):
        os.environ["SSL_CERT_FILE"] = authority
        runtime = _install(Path(folder), port)
        rates = {}
        for number in connections:
            began = time.perf_counter()
            message = _enqueue(runtime)
            rates["enqueued"] = round(MESSAGES / (time.perf_counter() - began))
            began = time.perf_counter()
            counted = Drain(runtime).run(number)
            name = f"{number} connection{'s' if number > 1 else ''}"
            rates[name] = round(MESSAGES / (time.perf_counter() - began))
            assert counted[SettleResult.SENT] == MESSAGES, counted
        content = runtime.box.open(message[1], OUTBOX_BYTES.place_in(message[0]))
        rates["peer"] = round(_peer(port, message[0], content), 1)
        runtime.database.close()
    return rates


def _enqueue(runtime: Runtime) -> tuple[OutboxMessage, str]:
    """The last message and its sealed bytes."""
    with runtime.database.transaction() as session:
        for number in range(MESSAGES):
            message = reset_mail(session, runtime, f"person{number}@acme.test")
        return message, message.sealed_bytes or ""


def _install(folder: Path, port: int) -> Runtime:
    config = Config(data_dir=folder, database_url=f"sqlite:///{folder / 'n.db'}", worker="external")
    runtime: Runtime = create_app(config).extensions[EXTENSION]
    with runtime.database.transaction() as session:
        install_novantra(session)
        save(
            session,
            runtime.box,
            settings=Settings(
                provider="smtp",
                sender_address="novantra@acme.test",
                host="localhost",
                port=port,
                secure=True,
                username=USER,
            ),
            password=PasswordChange(Secret(PASSWORD)),
            version=0,
            now=runtime.now(),
            actor=ALICE,
        )
    return runtime


def _peer(port: int, message: OutboxMessage, content: bytes) -> float:
    context = ssl.create_default_context()
    began = time.perf_counter()
    for _ in range(PEER_MESSAGES):
        with smtplib.SMTP("localhost", port, timeout=10) as connection:
            connection.starttls(context=context)
            connection.login(USER, PASSWORD)
            connection.sendmail(message.mail_from, [message.rcpt_to], content)
    return PEER_MESSAGES / (time.perf_counter() - began)
