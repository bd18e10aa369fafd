"""What some tests need from the machine: there, skipped with the reason, or a failure in CI.

``NOVANTRA_TEST_REQUIRE`` lists what must be there (``chromium,postfix,exim,…``): a test that
needs it then fails instead of being skipped.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

REQUIRED = frozenset(filter(None, os.environ.get("NOVANTRA_TEST_REQUIRE", "").split(",")))


def need(name: str, *, found: bool, how: str) -> None:
    """Skip the test when ``name`` is not on this machine, unless it is required here."""
    if found:
        return
    reason = f"{name} is not installed here: {how}"
    if name in REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def need_chromium() -> str:
    """The path of Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    need("chromium", found=path is not None, how="on Debian, apt install chromium")
    assert path
    return path


def need_browser() -> str:
    """The path of Chromium without windows, where Debian's package of that is installed: a new
    context takes it a quarter of the time. Else that of Chromium, which shows the same pages."""
    return shutil.which("chromium-headless-shell") or need_chromium()


def need_postfix() -> None:
    tools = ("postfix", "postmap", "saslpasswd2")
    need(
        "postfix",
        found=all(shutil.which(tool) for tool in tools) and os.getuid() == 0,
        how="on Debian, apt install postfix sasl2-bin libsasl2-modules, and run as root",
    )


def need_exim() -> None:
    from tests.relays.exim import BINARY

    need(
        "exim",
        found=bool(BINARY) and os.getuid() == 0,
        how="set NOVANTRA_TEST_EXIM to an exim4 binary, and run as root",
    )


def need_dovecot() -> None:
    found = (
        shutil.which("dovecot", path="/usr/sbin") and Path("/usr/lib/dovecot/submission").exists()
    )
    need(
        "dovecot",
        found=bool(found) and os.getuid() == 0,
        how="on Debian, apt install dovecot-core dovecot-submissiond, and run as root",
    )


def need_spamassassin() -> str:
    path = shutil.which("spamassassin")
    need("spamassassin", found=path is not None, how="on Debian, apt install spamassassin")
    assert path
    return path


def need_nginx() -> str:
    """The path of nginx."""
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    need("nginx", found=path is not None, how="on Debian, apt install nginx-light")
    assert path
    return path


def need_another_user() -> None:
    """Somebody else who may look into this checkout can be acted as."""
    if os.getuid() != 0:
        pytest.skip("only root can act as somebody else")
    checkout = Path(__file__).parents[1]
    closed = [folder for folder in (checkout, *checkout.parents) if not folder.stat().st_mode & 1]
    if closed:
        pytest.skip(f"other users may not enter {closed[0]}, in which this checkout lies")
