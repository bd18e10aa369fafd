"""The states that the mailer page can be in, each arranged as the program would leave it, and the
buttons that the page's own sentences ask for.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from app.mail.failures import FailureCode
from tests.certificates import certificate_of
from tests.mailer.situations import World

LOGIN = {"username": "novantra", "password": "yesterday’s"}


def _pending(world: World) -> None:
    pass


def _unproven(world: World) -> None:
    world.save()


def _working(world: World) -> None:
    world.save()
    world.sent()
    world.tested()


def _first_attempt(world: World) -> None:
    world.save()
    world.queued("dana@acme.test", for_seconds=1)


def _failing(world: World) -> None:
    world.save()
    world.queued("dana@acme.test", for_seconds=5)
    world.failed()
    world.worker(seconds=1)


def _refused_password(world: World) -> None:
    world.save(**LOGIN)
    world.sent()
    world.queued("dana@acme.test", "erik@acme.test")
    world.paused()


def _changed_and_refused(world: World) -> None:
    world.save(**LOGIN)
    world.sent()
    world.save("relay-b.acme.test", **LOGIN)
    world.queued("dana@acme.test")
    world.paused()


def _refused_sender(world: World) -> None:
    world.save()
    world.paused(FailureCode.SENDER_REJECTED)


def _expired_certificate(world: World) -> None:
    world.save()
    world.paused(FailureCode.CERT_EXPIRED)


def _another_key(world: World) -> None:
    world.save()
    world.paused(FailureCode.CERT_PIN)


def _certificate_ends(world: World) -> None:
    trusted = certificate_of("ends_soon")
    world.save(trust="own", ca_certificates=trusted)
    world.sent()


def _by_hand(world: World) -> None:
    world.save()
    world.paused_by_hand()


def _stalled(world: World) -> None:
    world.save()
    world.queued("dana@acme.test", for_seconds=90)


def _test_failed(world: World) -> None:
    world.save(**LOGIN)
    world.tested(FailureCode.AUTH_BAD_CREDENTIALS)


def _console(world: World) -> None:
    world.save(provider="console")


STATES: dict[str, Callable[[World], None]] = {
    "pending": _pending,
    "unproven": _unproven,
    "working": _working,
    "first attempt": _first_attempt,
    "failing": _failing,
    "refused password": _refused_password,
    "changed and refused": _changed_and_refused,
    "refused sender": _refused_sender,
    "expired certificate": _expired_certificate,
    "another key": _another_key,
    "certificate ends": _certificate_ends,
    "paused by hand": _by_hand,
    "stalled": _stalled,
    "test failed": _test_failed,
    "console": _console,
}

_ASKED = """() => {
  const words = (element) => element.textContent.replace(/\\s+/g, " ").trim();
  const buttons = [...document.querySelectorAll("main button:not(.sr), main a.btn")];
  const boxes = [...document.querySelectorAll(".say, .why, .lede, .vitals")];
  const texts = boxes.filter((box) => box.offsetWidth);
  const said = texts.map(words).join(" ");
  const named = (b) => new RegExp(`(press|Press|and|“)\\\\s*“?${words(b)}`).test(said);
  const asked = new Set(buttons.filter(named).map(words));
  texts.forEach((box) => box.querySelectorAll("button, a.btn").forEach((b) => asked.add(words(b))));
  const seen = (b) => {
    const at = b.getBoundingClientRect();
    return at.width && at.top >= 0 && at.bottom <= innerHeight;
  };
  return [...asked].filter((name) => name && name !== "Download transcript" &&
    !buttons.some((b) => words(b) === name && seen(b)));
}"""


def out_of_sight(page: Page) -> list[str]:
    """The buttons that the boxes in view name, or hold, and that are on no part of this screen."""
    found: list[str] = page.evaluate(_ASKED)
    return found
