"""The last check's transcript as a file. It travels sealed in the page, so nothing is kept."""

from __future__ import annotations

import json
import zlib
from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, request, url_for
from flask_login import current_user

from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.runtime import runtime
from app.web.errors import Refusal
from app.web.guards import Permission, requires

LIFETIME = timedelta(minutes=30)
_MAXIMUM = 200_000


def sealed(transcript: str) -> str | None:
    """The transcript for the hidden field: only the server can read it, only for this person.

    ``None`` when the install has no key to seal it with.
    """
    content = json.dumps({"at": runtime().now().isoformat(), "text": transcript})
    try:
        return runtime().box.seal(zlib.compress(content.encode()), _place())
    except KeysUnusable:
        return None


def download() -> Response:
    """The transcript that the page carried, as plain text."""
    try:
        opened = runtime().box.open(request.form.get("transcript", "")[:_MAXIMUM], _place())
    except SealBroken:
        raise _gone() from None
    content = json.loads(zlib.decompress(opened))
    at = datetime.fromisoformat(content["at"])
    if runtime().now() - at > LIFETIME:
        raise _gone()
    response = make_response(content["text"])
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    name = f"novantra-connection-check-{at:%Y%m%d-%H%M%S}.txt"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _place() -> str:
    return f"mailer-transcript:{int(current_user.id)}:text"


def _gone() -> Refusal:
    return Refusal(
        422,
        "This transcript is no longer available",
        "A transcript can be downloaded for 30 minutes by the administrator who ran the check.",
        "Check the connection again, then download it.",
        url_for("mailer.page"),
        "Back to the mailer",
    )


def register(blueprint: Blueprint) -> None:
    guard = requires(Permission.SYSTEM_CONFIGURE)
    blueprint.add_url_rule("/transcript", "transcript", guard(download), methods=["POST"])
