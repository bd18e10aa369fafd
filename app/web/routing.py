"""What an address may hold: numbers that a row can have, and no NUL anywhere."""

from __future__ import annotations

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter


class RowNumber(IntegerConverter):
    """``<int:…>``: at most 18 digits, which fit into a 64-bit column of either database.

    Anything longer is no row's number, so the address does not exist: 404, not a failure of
    the database, nor of Python, which refuses to read numbers of thousands of digits.
    """

    regex = "[0-9]{1,18}"


def refuse_nul() -> None:
    """No text in PostgreSQL can hold a NUL, not even one that is only looked for."""
    if "\0" in request.path:
        abort(404)
    if any("\0" in text for pair in request.args.items(multi=True) for text in pair):
        abort(400)


def init_app(app: Flask) -> None:
    # Its redirects from //login to /login would name the host that the request names.
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = RowNumber
    app.before_request(refuse_nul)
