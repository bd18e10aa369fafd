"""Addresses of static files change with their content, so browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask


def init_app(app: Flask) -> None:
    folder = Path(app.static_folder or "")
    versions = {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()[:10]
        for file in folder.rglob("*")
        if file.is_file()
    }

    @app.url_defaults
    def _version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and values.get("filename") in versions:
            values.setdefault("v", versions[values["filename"]])
