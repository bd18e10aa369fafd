"""Answers are compressed, and what they keep secret does not show in their length."""

from __future__ import annotations

import gzip
import itertools
import re
from difflib import SequenceMatcher

import pytest
from flask import Flask
from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip, br"}
FIRST_VIEW = 40_000
PAGES = ("/admin/system/mailer", "/admin/system", "/admin/system/mail-activity", "/login")


def test_static_files_are_packed_ahead_and_named_by_their_content(client: FlaskClient):
    plain = client.get("/static/novantra.css")
    packed = client.get("/static/novantra.css", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "max-age=31536000" in packed.headers["Cache-Control"]
    assert "Set-Cookie" not in packed.headers
    again = {**GZIP, "If-None-Match": packed.headers["ETag"]}
    assert client.get("/static/novantra.css", headers=again).status_code == 304
    assert client.get("/static/../config.py").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_a_first_view_stays_under_forty_kilobytes(
    admin_client: FlaskClient, client: FlaskClient, path: str
):
    visitor = client if path == "/login" else admin_client
    page = visitor.get(path, headers=GZIP)
    assert page.headers["Content-Encoding"] == "gzip"
    html = gzip.decompress(page.data).decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert any(".css" in file for file in files)
    total = len(page.data) + sum(len(visitor.get(file, headers=GZIP).data) for file in files)
    assert total <= FIRST_VIEW


def test_a_token_has_no_letters_in_common_with_itself_in_the_next_answer(client: FlaskClient):
    """What a compressor could find again in the page would tell an attacker the token (BREACH)."""
    tokens = [_token(client.get("/login").get_data(as_text=True)) for _ in range(4)]
    for one, other in itertools.pairwise(tokens):
        longest = SequenceMatcher(None, one[3:], other[3:], autojunk=False).find_longest_match()
        assert longest.size <= 5, (one, other)


def test_every_one_of_them_is_accepted_and_a_damaged_one_is_not(app: Flask, client: FlaskClient):
    tokens = [_token(client.get("/login").get_data(as_text=True)) for _ in range(2)]
    for token in tokens:
        sent = client.post("/login", data={"csrf_token": token, "email": "a@b.c", "password": "x"})
        assert sent.status_code != 400
    for damaged in ("", "m1.", "m1.AAAA", "m1.€", tokens[0][:-4] + "AAAA", tokens[0][3:]):
        assert client.post("/login", data={"csrf_token": damaged}).status_code == 400


def test_whoever_takes_no_gzip_gets_none(client: FlaskClient):
    for accepted in ({}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip;q=0"}):
        page = client.get("/login", headers=accepted)
        assert "Content-Encoding" not in page.headers
        assert b"<!doctype html>" in page.data


def _token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found
    return found[1]
