"""Answers travel compressed: static files packed once when the program starts, pages as they are
made. A first view is a third of what it would be.

Pages hold form tokens, which :mod:`app.csrf` masks anew in every answer. Whatever else a page keeps
secret must not stand beside text that somebody else can choose.
"""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, abort, request

WORTH_IT = 700
"""Octets; below, the answer fits a packet as it is."""

YEAR = 31_536_000
_TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")


@dataclass(frozen=True)
class Packed:
    """A static file, as it is and compressed, with what names this very content."""

    plain: bytes
    packed: bytes
    kind: str
    tag: str


def pack(file: Path) -> Packed:
    plain = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    packed = gzip.compress(plain, 9, mtime=0) if kind.startswith(_TEXT) else plain
    return Packed(plain, packed, kind, sha256(plain).hexdigest()[:20])


def init_app(app: Flask) -> None:
    folder = Path(app.static_folder or "")
    files = {
        file.relative_to(folder).as_posix(): pack(file)
        for file in folder.rglob("*")
        if file.is_file()
    }

    def static(filename: str) -> Response:
        file = files.get(filename)
        if file is None:
            abort(404)
        zipped = _takes_gzip() and len(file.packed) < len(file.plain)
        response = Response(file.packed if zipped else file.plain, mimetype=file.kind)
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.set_etag(f"{file.tag}{'-gz' if zipped else ''}")
        response.make_conditional(request)
        return response

    app.view_functions["static"] = static
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.direct_passthrough or response.is_streamed or response.status_code in {204, 304}:
        return response
    if not (response.mimetype or "").startswith(_TEXT) or request.endpoint == "static":
        return response
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers or not _takes_gzip():
        return response
    content = response.get_data()
    if len(content) >= WORTH_IT:
        response.set_data(gzip.compress(content, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _takes_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0
