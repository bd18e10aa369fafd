"""What the guide says keeps link secrets out of a proxy's access log, in the real proxies."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.certificates import ca_file, server_file
from tests.functional.install import RunningInstall
from tests.needs import need, need_nginx
from tests.relays.nginx import GUIDE, Nginx
from tests.relays.ports import free_port

pytestmark = pytest.mark.process
SECRET = "c4narysecret"
SECRETS = (
    f"/reset-password/{SECRET}",
    f"/verify-email/{SECRET}?next=x",
    f"/invitations/{SECRET}/more",
    f"/setup?token={SECRET}",
    f"/admin/system/mailer/connected?code={SECRET}&state=y",
)
PLAIN = ("/login", "/organizations/acme/members")


def ask_for_all(base: str) -> None:
    context = ssl.create_default_context(cafile=str(ca_file()))
    with httpx.Client(base_url=base, verify=context, trust_env=False) as browser:
        for path in (*SECRETS, *PLAIN):
            browser.get(path, headers={"Referer": f"{base}/reset-password/{SECRET}"})


def assert_kept_out(log: Path) -> None:
    until = time.monotonic() + 10
    while not log.exists() or PLAIN[-1] not in log.read_text():
        assert time.monotonic() < until, "nothing was logged"
        time.sleep(0.05)
    said = log.read_text()
    assert SECRET not in said
    assert "/reset-password/" in said
    assert said.count("\n") >= len(SECRETS) + len(PLAIN)


def assert_kept_out_of_everything(folder: Path) -> None:
    """While Novantra is away, too: then a proxy tells of its error, with the request."""
    logs = [file for file in folder.rglob("*.log") if SECRET in file.read_text()]
    assert logs == []


def test_nginx(start: Callable[..., RunningInstall], tmp_path: Path) -> None:
    nginx = need_nginx()
    install = start(NOVANTRA_TRUSTED_PROXIES="1")
    with Nginx(nginx, tmp_path / "nginx", install.port) as proxy:
        ask_for_all(proxy.url)
        assert_kept_out(tmp_path / "nginx" / "access.log")
        install.stop()
        ask_for_all(proxy.url)
    assert " 502 " in (tmp_path / "nginx" / "access.log").read_text()
    assert_kept_out_of_everything(tmp_path / "nginx")


def test_caddy(start: Callable[..., RunningInstall], tmp_path: Path) -> None:
    binary = shutil.which("caddy")
    need("caddy", found=binary is not None, how="on Debian, apt install caddy")
    assert binary
    install = start(NOVANTRA_TRUSTED_PROXIES="1")
    with caddy(binary, tmp_path, install.port) as url:
        ask_for_all(url)
        assert_kept_out(tmp_path / "access.log")
        context = ssl.create_default_context(cafile=str(ca_file()))
        page = httpx.get(f"{url}/setup", verify=context, trust_env=False)
        assert "secure" in page.headers["Set-Cookie"].lower(), "X-Forwarded-Proto arrives"
        install.stop()
        ask_for_all(url)
    assert '"status":502' in (tmp_path / "access.log").read_text()
    assert_kept_out_of_everything(tmp_path)


@contextmanager
def caddy(binary: str, folder: Path, upstream: int) -> Iterator[str]:
    """The guide's site on a port of this machine, with a certificate of the tests."""
    found = re.search(r"```caddy\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found
    site, url = found[1], f"https://127.0.0.1:{free_port()}"
    for old, new in {
        "hr.example.com {": f"{url} {{\n    tls {server_file()} {server_file()}",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "/var/log/caddy/novantra.log": str(folder / "access.log"),
    }.items():
        assert old in site
        site = site.replace(old, new)
    file = folder / "Caddyfile"
    assert site.startswith("{\n")
    file.write_text(f"{{\n    admin off\n    auto_https disable_redirects\n{site[2:]}")
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen(
            [binary, "run", "--config", str(file), "--adapter", "caddyfile"],
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            stderr=log,
        )
    try:
        until = time.monotonic() + 15
        while True:
            try:
                httpx.get(f"{url}/healthz", verify=False, timeout=2, trust_env=False)  # noqa: S501
                break
            except httpx.TransportError:
                assert process.poll() is None, (folder / "caddy.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(15)
