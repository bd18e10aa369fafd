"""The real server, started as ``make run`` starts it, and a person without JavaScript."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urljoin

import httpx
from lxml import html

from tests import nursery
from tests.relays.ports import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"


class RunningInstall:
    """``with RunningInstall(folder) as install``: ``install.url``, ``install.token``, its log.

    ``environment`` adds to or replaces the variables the server starts with.
    """

    launch: ClassVar[type[subprocess.Popen[Any]]] = nursery.Popen

    def __init__(self, data_dir: Path, *, port: int | None = None, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
            "NOVANTRA_DATA_DIR": str(data_dir),
            "NOVANTRA_BIND": f"127.0.0.1:{self.port}",
            "NOVANTRA_LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._process = self.launch(
            [sys.executable, "-m", "app.server"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False)
            except httpx.TransportError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"the server ended: {self.log}") from None
                time.sleep(0.05)
            else:
                return
        self.kill()
        raise TimeoutError(f"the server did not answer: {self.log}")

    def _read(self) -> None:
        assert self._process
        assert self._process.stdout
        for line in self._process.stdout:
            self.output += line

    def stop(self) -> int:
        """Stop as a service manager would, and give back the exit code."""
        assert self._process
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(30)
        if self._reader:
            self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()
        return code

    def kill(self) -> None:
        """With signal 9: no handler, no goodbye."""
        assert self._process
        self._process.kill()
        self._process.wait(30)
        if self._reader:
            self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def log(self) -> str:
        return self.output.decode(errors="replace")

    @property
    def token(self) -> str:
        """The setup token as the terminal shows it; what it shows is read a moment later."""
        until = time.monotonic() + 10
        while not (found := re.search(r"Setup token\s+(\S+)\n", self.log)):
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        assert found, self.log
        return found.group(1)

    def command(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """``flask --app wsgi …`` on this install."""
        return nursery.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self.environment,
            timeout=60,
            stdin=stdin,
        )


class Person:
    """Somebody with a browser that runs no scripts: follows links, fills forms, presses buttons."""

    def __init__(self, base: str, **options: Any) -> None:
        self.http = httpx.Client(
            base_url=base,
            follow_redirects=True,
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # nothing is left to close
            **options,
        )
        self.response: httpx.Response | None = None

    def open(self, path: str) -> Self:
        self.response = self.http.get(path)
        return self

    @property
    def page(self) -> Any:
        assert self.response is not None
        return html.fromstring(self.response.text)

    @property
    def text(self) -> str:
        """What the page says, in one line."""
        return " ".join(self.page.text_content().split())

    @property
    def status(self) -> int:
        assert self.response is not None
        return self.response.status_code

    @property
    def path(self) -> str:
        assert self.response is not None
        return self.response.url.path

    def value(self, element_id: str) -> str | None:
        """The ``data-value`` of the element with that id."""
        found = self.page.xpath(f'//*[@id="{element_id}"]')
        assert found, f"no element #{element_id} on {self.path}"
        value: str | None = found[0].get("data-value")
        return value

    @property
    def diagnosis(self) -> str | None:
        """The failure code of the diagnosis on the page."""
        found = self.page.xpath('//*[contains(concat(" ", @class, " "), " diagnosis ")]')
        return found[0].get("data-code") if found else None

    def form_with(self, field: str) -> Any:
        """The form that holds a field or a button of that name."""
        for form in self.page.forms:
            if form.xpath(f'.//*[@name="{field}"]'):
                return form
        raise AssertionError(f"no form with {field} on {self.path}: {self.text[:600]}")

    def submit(
        self, field: str, press: dict[str, str] | None = None, to: str | None = None, **values: str
    ) -> Self:
        """Fill the form that holds ``field`` and send it, to another address if ``to`` says so.

        A value of ``None`` unticks. ``press`` is the name and value of the button.
        """
        form = self.form_with(field)
        data = dict(form.form_values())
        for name, value in values.items():
            if value is None:
                data.pop(name, None)
            else:
                data[name] = value
        data.update(press or {})
        assert self.response is not None
        target = to or urljoin(str(self.response.url), form.get("action") or str(self.response.url))
        self.response = self.http.post(target, data=data)
        return self


def show_token(install: RunningInstall, person: Person) -> Person:
    """The first step of the wizard, if it was not taken yet: then it asks for the access URL."""
    person.open("/")
    if person.path == "/setup":
        person.submit("setup_token", setup_token=install.token)
    assert person.path == "/setup/access-url", (person.path, person.text[:800])
    return person


def walk_wizard(
    install: RunningInstall, person: Person, *, access_url: str | None = None, **mail: str
) -> None:
    """Set the install up: Acme, alice@acme.test; ``mail`` holds the mailer's fields, or defer."""
    show_token(install, person).submit("access_url", access_url=access_url or install.url)
    person.submit(
        "organization_name",
        organization_name="Acme",
        name="Alice Admin",
        email="alice@acme.test",
        password=PASSWORD,
        password_confirm=PASSWORD,
    )
    if mail:
        person.open(f"/setup/mail?provider={mail['provider']}")
        person.submit("sender_address", press={"action": "save"}, **mail)
    else:
        person.submit("action", press={"action": "defer"})
    assert person.path == "/setup/review", (person.path, person.text[:800])
    person.submit("finish", press={"finish": "finish"})
    assert person.path == "/admin/system", (person.path, person.text[:800])


def sign_in(person: Person, email: str = "alice@acme.test", password: str = PASSWORD) -> Person:
    return person.open("/login").submit("password", email=email, password=password)
