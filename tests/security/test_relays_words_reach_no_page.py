"""A relay that has learned the password, or talks nonsense, puts nothing on a page."""

from __future__ import annotations

import html
import re
import socket
import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.factories import csrf_of
from tests.mailer.pages import PATH, MailerPage, Page

SECRET = "kanari-47.acme.test"  # also a possible host name, and in capitals a mechanism


class Parrot:
    """Speaks enough SMTP for a check, and repeats ``words`` wherever a relay speaks freely."""

    def __init__(self, words: str) -> None:
        self.words = words.encode()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        words = self.words
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 %s ESMTP %s\r\n" % (words, words))
            for line in lines:
                if line.upper().startswith(b"EHLO"):
                    answer = b"250-%s\r\n250-AUTH PLAIN %s\r\n250-%s\r\n250 SIZE %s\r\n" % (
                        (words, words.upper(), words.upper(), words)
                    )
                elif line.upper().startswith(b"AUTH"):
                    answer = b"235 2.7.0 %s\r\n" % words
                elif line.upper().startswith(b"QUIT"):
                    return
                else:
                    answer = b"550 5.7.1 %s\r\n" % words
                try:
                    connection.sendall(answer)
                except OSError:
                    return

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture(params=[SECRET, "<b>marked</b>", "marked\x1b[31m", "KANARI-47.ACME.TEST"])
def parrot(request: pytest.FixtureRequest) -> Iterator[Parrot]:
    parrot = Parrot(request.param)
    yield parrot
    parrot.close()


def test_nothing_of_what_it_repeats_is_shown(admin_client: FlaskClient, parrot: Parrot) -> None:
    page = MailerPage(admin_client)
    typed = {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "host": "127.0.0.1",
        "port": str(parrot.port),
        "secure": None,
        "username": "novantra",
        "password": SECRET,
        "connection_timeout": "2",
    }
    checked = page.check(**typed)
    assert checked.steps()["auth"] == "passed"
    page.save(**typed)
    page.send_test()
    found = re.search(r'name="transcript" value="([^"]+)"', checked.text)
    assert found
    data = {"csrf_token": csrf_of(checked.response.data), "transcript": found[1]}
    transcript = Page(admin_client.post(f"{PATH}/transcript", data=data))
    assert transcript.status == 200
    for answer in (checked, page.open(), page.check(password=SECRET)):
        said = html.unescape(answer.text).casefold()
        assert SECRET not in said
        assert "marked" not in said
    assert SECRET not in transcript.text.casefold()
    assert "\x1b" not in transcript.text
