"""The guide's nginx with TLS on a port of its own, and three ways in which people set it up."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.certificates import ca_file
from tests.functional.install import Person, RunningInstall, show_token, walk_wizard
from tests.needs import need_nginx
from tests.relays.nginx import DOCUMENTED_HOST, Nginx

pytestmark = pytest.mark.process

HOST_LINES = {
    "as the guide has it": DOCUMENTED_HOST,
    "without the port": "proxy_set_header Host $host;",
    "the upstream's name": "",
    "without Referer": f'{DOCUMENTED_HOST} proxy_set_header Referer "";',
    "a made-up host": "proxy_set_header Host novantra_upstream;",
}


def browser(proxy: Nginx) -> Person:
    """Sends ``Origin`` and ``Referer`` with a form, as browsers do; an older one, so no more."""
    origin = proxy.url

    def as_browsers_do(request: httpx.Request) -> None:
        if request.method == "POST":
            request.headers["Origin"] = origin
            request.headers["Referer"] = str(request.url)

    return Person(
        origin,
        verify=ssl.create_default_context(cafile=str(ca_file())),
        event_hooks={"request": [as_browsers_do]},
    )


@pytest.mark.parametrize("how", HOST_LINES)
def test_setup_and_every_day_forms_work_behind_it(
    start: Callable[..., RunningInstall], tmp_path: Path, how: str
) -> None:
    nginx = need_nginx()
    install = start(NOVANTRA_TRUSTED_PROXIES="1")
    with Nginx(nginx, tmp_path / "nginx", install.port, HOST_LINES[how]) as proxy:
        person = browser(proxy)
        if how == "as the guide has it":
            suggested = show_token(install, person).form_with("access_url").fields["access_url"]
            assert suggested == proxy.url, "nobody has to type the port"
        walk_wizard(install, person, access_url=proxy.url)
        assert (person.status, person.path) == (200, "/admin/system"), person.text
        assert "Reverse proxy" not in person.text
        person.open("/account").submit("name", name="Alice Again")
        assert "Alice Again" in person.text
        assert all(cookie.secure for cookie in person.http.cookies.jar)

        stranger = person.http.post(
            "/account",
            data={"csrf_token": person.form_with("name").fields["csrf_token"], "name": "Eve"},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert stranger.status_code == 400
        assert person.http.get("/metrics").status_code == 403


def test_a_proxy_that_novantra_was_not_told_about_works_and_is_pointed_out(
    start: Callable[..., RunningInstall], tmp_path: Path
) -> None:
    nginx = need_nginx()
    install = start()
    with Nginx(nginx, tmp_path / "nginx", install.port) as proxy:
        person = browser(proxy)
        walk_wizard(install, person, access_url=proxy.url)
        assert "NOVANTRA_TRUSTED_PROXIES is 0" in person.text
    lines = [line for line in install.log.splitlines() if "NOVANTRA_TRUSTED_PROXIES" in line]
    assert len(lines) == 1
