"""The pictures that README and docs show, taken from the running program.

    python -m tests.browser.pictures                 # all of them, into docs/screenshots
    python -m tests.browser.pictures alerts          # one of them

They come out the same each time: the program's clock, the browser's clock and what the connection
check measures stand still; the relay is a server of the tests that answers to a name of its own.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app import create_app
from app.config import Config
from app.install.setup_token import read_token
from app.mail.check import check
from app.mail.failures import FailureCode
from app.outbox.worker import deliver_next
from app.runtime import EXTENSION, Runtime
from app.web import times
from tests import certificates, factories
from tests.browser.screens import Scheme, answer_who_administers, chromium
from tests.conftest import Clock
from tests.factories import begin_session, install_novantra, make_user
from tests.mailer.situations import World
from tests.needs import need_chromium
from tests.outbox.letters import ALICE
from tests.smtpd import Relay

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "screenshots"
NOW = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
RELAY = "relay.acme.test"
PASSWORD = "today’s"
MAILER = "/admin/system/mailer"


@dataclass
class Stage:
    """An install with its clock, and a browser page that shows it."""

    world: World
    page: Page
    base: str

    @property
    def runtime(self) -> Runtime:
        return self.world.runtime

    def open(self, path: str) -> None:
        self.page.clock.set_fixed_time(self.world.clock())
        self.page.goto(self.base + path)


@dataclass(frozen=True)
class Picture:
    """How a scene is arranged, and the window that it is seen in."""

    scene: Callable[[Stage], None]
    width: int = 1280
    height: int = 800
    scheme: Scheme = "light"
    installed: bool = True


def _login(world: World) -> None:
    world.save(RELAY, port=587, username="novantra", password=PASSWORD)  # type: ignore[arg-type]


def _send(stage: Stage, *recipients: str) -> None:
    stage.world.queued(*recipients, for_seconds=2)
    while deliver_next(stage.runtime):
        pass


def _worked(stage: Stage) -> None:
    """Somebody tested it, and mail went well until three hours ago."""
    _login(stage.world)
    stage.world.tested()
    _send(stage, "noor@acme.test", "liam@acme.test")
    stage.world.clock.advance(hours=3)


def _healthy(stage: Stage) -> None:
    _worked(stage)
    _send(stage, "dana@acme.test")
    stage.world.clock.advance(minutes=4)
    stage.world.worker(seconds=1)
    stage.open(MAILER)


def _pause(stage: Stage) -> None:
    _worked(stage)
    stage.world.queued("dana@acme.test", "erik@acme.test", "kim@acme.test")
    stage.world.paused()
    stage.world.clock.advance(minutes=51)
    stage.world.worker(seconds=1)


def _paused(stage: Stage) -> None:
    _pause(stage)
    stage.open(MAILER)


def _typed(page: Page, port: int) -> None:
    page.get_by_label("Sender address").fill("novantra@acme.test")
    page.get_by_label("Host", exact=True).fill(RELAY)
    page.get_by_label("Port", exact=True).fill(str(port))
    page.get_by_label("Username").fill("novantra")
    page.get_by_label("Password", exact=True).fill("yesterday’s")
    page.locator("#secure").check()


def _check_running(stage: Stage) -> None:
    """The relay takes the connection and then says nothing."""
    _login(stage.world)
    stage.open(MAILER)
    _typed(stage.page, 2525)
    stage.page.get_by_role("button", name="Check connection").click()
    result = stage.page.locator("#check-result")
    expect(result).to_contain_text("127.0.0.1 answers on")
    stage.page.clock.set_fixed_time(stage.world.clock() + timedelta(seconds=4))
    expect(result).to_contain_text("Checking… 4 s")
    stage.page.evaluate("scrollTo(0, 0)")


def _check_failed(stage: Stage) -> None:
    _login(stage.world)
    stage.open(MAILER)
    _typed(stage.page, 587)
    stage.page.get_by_role("button", name="Check connection").click()
    step = stage.page.locator("#check-result [data-step=auth]")
    expect(step).to_have_attribute("data-state", "failed", timeout=20_000)
    result = stage.page.locator("#check-result")
    result.evaluate("part => scrollTo(0, part.getBoundingClientRect().top + scrollY - 24)")


def _alerts(stage: Stage) -> None:
    from app.alerts import incidents, targets
    from app.alerts.kinds import Kind, checked
    from app.alerts.models import AlertDelivery, AlertTarget

    addresses = {
        "Operations": ("slack", "https://hooks.slack.com/services/T00000000/B00000000/ops4"),
        "Watcher": ("ping", "https://hc-ping.com/0a1b2c3d-0000-4000-8000-00000000c0de"),
    }
    runtime, clock = stage.runtime, stage.world.clock
    _worked(stage)
    incidents.look(runtime)
    for name, (kind, address) in addresses.items():
        chosen = Kind(kind)
        with runtime.database.transaction() as session:
            where = checked(chosen, address, runtime.config)
            targets.add(session, runtime, kind=chosen, name=name, address=where, secret=None,
                        now=clock(), actor=ALICE)  # fmt: skip
    stage.world.queued("dana@acme.test")
    stage.world.paused()
    incidents.look(runtime)
    with runtime.database.transaction() as session:  # what the targets answer, without asking them
        for target in session.query(AlertTarget):
            target.tried_at = target.succeeded_at = clock()
            target.outcome, target.status = "taken", 200
        for delivery in session.query(AlertDelivery):
            delivery.state, delivery.finished_at = "sent", clock()
    clock.advance(minutes=7)
    stage.open("/admin/system/alerts")


def _activity(stage: Stage) -> None:
    _worked(stage)
    stage.world.refused("gone@other.test")
    stage.world.queued("dana@acme.test", "erik@acme.test", "kim@acme.test", "ada@acme.test")
    stage.world.failed(FailureCode.CONNECT_REFUSED)
    stage.world.worker(seconds=1)
    stage.open("/admin/system/mail-activity")


def _wizard(stage: Stage) -> None:
    page = stage.page
    token = read_token(stage.runtime.config.setup_token_file)
    stage.open(f"/setup?token={token}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Access URL").fill("https://hr.acme.test")
    page.get_by_role("button", name="Use this address").click()
    if page.get_by_role("button", name="Use this address").is_visible():
        page.get_by_role("button", name="Use this address").click()
    answer_who_administers(page, factories.PASSWORD)
    page.get_by_label("Host", exact=True).fill(RELAY)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


PICTURES: dict[str, Picture] = {
    "wizard-mail": Picture(_wizard, height=900, installed=False),
    "mailer-working-dark": Picture(_healthy, scheme="dark"),
    "mailer-paused": Picture(_paused, height=640),
    "mailer-paused-phone": Picture(_paused, width=390, height=844),
    "mailer-check-running": Picture(_check_running, height=600),
    "mailer-check": Picture(_check_failed, height=900),
    "alerts": Picture(_alerts),
    "mail-activity": Picture(_activity, height=752),
}


@contextmanager
def _standing_still(clock: Clock, relays: dict[int, int]) -> Iterator[None]:
    """Nothing that a picture shows depends on the day, the machine or its network.

    ``relays``: the ports that the relay's name has, and those of this machine behind them.
    """
    real, measured = socket.getaddrinfo, count()

    def look_up(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host == RELAY:
            return real("127.0.0.1", relays.get(port, port), *more, **named)
        return real(host, port, *more, **named)

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return clock()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "datetime", Stopped)
        patch.setattr(socket, "getaddrinfo", look_up)
        patch.setattr(check, "time", SimpleNamespace(monotonic=lambda: next(measured) * 0.009))
        patch.setattr(factories, "utcnow", clock)
        patch.setattr(certificates, "LOOPBACK", (RELAY,))
        patch.setitem(os.environ, "SSL_CERT_FILE", str(certificates.ca_file()))
        _forget_certificates()  # they are made for the names of the moment
        try:
            yield
        finally:
            _forget_certificates()


def _forget_certificates() -> None:
    certificates.made_for_server.cache_clear()
    certificates.server_context.cache_clear()


@contextmanager
def _serving(
    folder: Path, clock: Clock, *, installed: bool, **settings: Any
) -> Iterator[tuple[Runtime, str, str]]:
    """The program on an empty database: its runtime, its address, and Alice's cookie."""
    app = create_app(
        Config(
            data_dir=folder / "data",
            database_url=f"sqlite:///{folder / 'novantra.db'}",
            worker="external",
            ratelimit_enabled=False,
            **settings,
        )
    )
    runtime: Runtime = app.extensions[EXTENSION]
    runtime.clock = clock
    cookie = ""
    if installed:
        with runtime.database.transaction() as session:
            install_novantra(session)
            alice = make_user(session, "alice@acme.test", name="Alice Admin", install_admin=True)
        secret = begin_session(app, alice)
        found = factories.browser_with(app, secret).get_cookie("novantra")
        assert found is not None
        cookie = found.value
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield runtime, f"http://127.0.0.1:{server.server_port}", cookie
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        runtime.database.close()


@contextmanager
def on_stage(browser: Browser, picture: Picture, **settings: Any) -> Iterator[Stage]:
    """The scene, arranged: an install of its own, and a page that shows it. ``settings`` are of
    the install's configuration."""
    clock = Clock()
    clock.time = NOW
    ports: dict[int, int] = {}
    users = {"novantra": PASSWORD}
    with (
        TemporaryDirectory() as folder,
        _standing_still(clock, ports),
        Relay(tls="starttls", users=users, require_auth=True, hostname=RELAY) as relay,
        socket.create_server(("127.0.0.1", 0)) as silent,
        _serving(Path(folder), clock, installed=picture.installed, **settings) as (
            runtime,
            base,
            cookie,
        ),
    ):
        ports.update({587: relay.port, 2525: silent.getsockname()[1]})
        context = browser.new_context(
            viewport={"width": picture.width, "height": picture.height},
            color_scheme=picture.scheme,
            timezone_id="UTC",
            locale="en-GB",
            reduced_motion="reduce",
        )
        if cookie:
            context.add_cookies([{"name": "novantra", "value": cookie, "url": base}])
        stage = Stage(World(runtime, clock), context.new_page(), base)
        picture.scene(stage)
        stage.page.wait_for_load_state()
        yield stage
        context.close()


def take(browser: Browser, picture: Picture) -> bytes:
    """That picture as a PNG of few colours."""
    with on_stage(browser, picture) as stage:
        return smaller(stage.page.screenshot(animations="disabled"))


def smaller(png: bytes) -> bytes:
    """The same picture with a palette: its 256 commonest colours exactly, so that no surface
    changes, and those between letters and ground as the nearest of them."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        full = opened.convert("RGB")
    known = sorted(full.getcolors(1 << 24), key=lambda found: (-found[0], found[1]))
    palette = [colour for _, colour in known[:256]]
    index = {colour: place for place, colour in enumerate(palette)}
    for _, rare in known[256:]:
        distances = [sum((a - b) ** 2 for a, b in zip(rare, kept, strict=True)) for kept in palette]
        index[rare] = distances.index(min(distances))
    octets = full.tobytes()
    flat = Image.frombytes(
        "P", full.size, bytes(map(index.__getitem__, zip(*[iter(octets)] * 3, strict=True)))
    )
    flat.putpalette([part for colour in palette for part in colour])
    out = io.BytesIO()
    flat.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(PICTURES))
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(PICTURES):
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    logging.disable(logging.CRITICAL)  # mail that is paused here is nobody's trouble
    options.out.mkdir(parents=True, exist_ok=True)
    with chromium(need_chromium()) as browser:
        for name in options.names or PICTURES:
            file = options.out / f"{name}.png"
            file.write_bytes(take(browser, PICTURES[name]))
            print(f"{file}  {file.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
