"""System → Mailer → Paste an error."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.factories import csrf_of
from tests.mailer.pages import PATH, Page

WHERE = f"{PATH}/explain"


def ask(client: FlaskClient, **fields: str) -> Page:
    token = csrf_of(client.get(WHERE).data)
    return Page(client.post(WHERE, data={"csrf_token": token, **fields}))


def test_a_pasted_error_is_explained(admin_client: FlaskClient) -> None:
    answer = ask(admin_client, text="535 5.7.8 Error: authentication failed", phase="auth")
    assert answer.status == 200
    assert answer.diagnoses == ["auth_bad_credentials"]
    assert "Mail waits until a person has acted." in answer.words


def test_the_provider_changes_the_advice(admin_client: FlaskClient) -> None:
    text = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
    answer = ask(admin_client, text=text, provider="microsoft365")
    assert answer.diagnoses == ["auth_basic_disabled"]


def test_pasted_markup_stays_text(admin_client: FlaskClient) -> None:
    answer = ask(admin_client, text="550 <script>alert(1)</script></textarea>")
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "550 no", "phase": "quit"}, "phase"),
        ({"text": "550 no", "provider": "nobody"}, "provider"),
    ],
)
def test_what_cannot_be_read_is_refused_beside_its_field(
    admin_client: FlaskClient, fields: dict[str, str], field: str
) -> None:
    answer = ask(admin_client, **fields)
    assert answer.status == 422
    assert answer.errors(field)


def test_nothing_pasted_is_kept(admin_client: FlaskClient, tmp_path: object) -> None:
    from pathlib import Path

    ask(admin_client, text="550 pasted-canary-text")
    assert isinstance(tmp_path, Path)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"pasted-canary-text" not in file.read_bytes()


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("the quick brown fox", True),
        ("535 5.7.8 Error: authentication failed", False),
        ("571 something nobody ever said", False),
        ("getaddrinfo ENOTFOUND relay.acme.test", False),
    ],
)
def test_a_text_that_says_nothing_is_not_explained_with_certainty(
    admin_client: FlaskClient, text: str, guess: bool
) -> None:
    answer = ask(admin_client, text=text)
    assert ("This text does not say what went wrong" in answer.words) is guess
