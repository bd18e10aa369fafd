"""A browser for the module, and an install that a person sets up in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.browser.screens import chromium
from tests.certificates import ca_file
from tests.functional.install import RunningInstall
from tests.mailer.pages import PATH
from tests.needs import need_browser

RESULTS = Path(__file__).parents[2] / "test-results"
"""Where pictures are with ``NOVANTRA_TEST_PICTURES=1``, for people to look at."""


@pytest.fixture(scope="session", autouse=True)
def _pictures_are_for_who_asks() -> Iterator[None]:
    """No test reads its pictures, and each takes a tenth of a second of a core."""
    if os.environ.get("NOVANTRA_TEST_PICTURES"):
        yield
        return
    take = Page.screenshot

    def elsewhere(page: Page, *, path: str | Path | None = None, **how: Any) -> bytes:
        if path and RESULTS in Path(path).parents:
            return b""
        return take(page, path=path, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "screenshot", elsewhere)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(need_browser()) as running:
        yield running


@pytest.fixture
def fresh_install(tmp_path: Path) -> Iterator[RunningInstall]:
    """The server on a new data folder with SQLite, its setup still open."""
    with RunningInstall(
        tmp_path / "data", SSL_CERT_FILE=str(ca_file()), NOVANTRA_RATELIMIT="off"
    ) as running:
        yield running


@pytest.fixture
def mailer(
    app: Flask,
    admin_client: FlaskClient,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Page]]:
    """Opens the mailer page, or another one, signed in as the administrator."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    cookie = admin_client.get_cookie("novantra")
    assert cookie is not None
    contexts = []

    def opened(path: str = PATH, *, scripts: bool = True, **options: Any) -> Page:
        context = browser.new_context(java_script_enabled=scripts, **options)
        context.add_cookies([{"name": "novantra", "value": cookie.value, "url": base}])
        contexts.append(context)
        page = context.new_page()
        page.goto(base + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join(10)
    server.server_close()
