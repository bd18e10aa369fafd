"""The page of all components, in development mode alone: axe finds nothing, nothing overflows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.browser.conftest import RESULTS
from tests.browser.screens import overflow, shoot, violations

pytestmark = pytest.mark.browser
PATH = "/development/components"


@pytest.fixture
def address(
    make_app: Callable[..., Flask], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_every_component_can_be_seen_at_once(browser: Browser, address: str):
    findings: list[str] = []

    def read(page: Page) -> None:
        findings.extend(violations(page))
        if wide := overflow(page):
            findings.append(f"{wide} px too wide")

    shoot(browser, address, [PATH], RESULTS / "components", widths=(320, 390, 1280), prepare=read)
    assert findings == []


def test_it_is_not_there_otherwise(client: FlaskClient):
    assert client.get(PATH).status_code == 404
