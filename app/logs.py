"""Logging: lines for people on a terminal, one JSON object a line elsewhere."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from app.correlation import Mark

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in STANDARD}


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and whatever ``extra`` carried."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """``12:03:07 info novantra.mail.console message key=value …``"""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        line = f"{time} {record.levelname.lower()} {record.name} {record.getMessage()}"
        # repr keeps control characters out of the terminal.
        pairs = [f"{key}={value!r}" for key, value in _extras(record).items()]
        if record.exc_info:
            pairs.append("\n" + self.formatException(record.exc_info))
        return " ".join([line, *pairs])


def configure(log_format: str, level: str = "info") -> None:
    """Send ``novantra.*`` from ``level`` on, and warnings of libraries, to standard error. Safe to
    call again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    handler.name = "novantra"
    handler.addFilter(Mark())
    root = logging.getLogger()
    for old in [h for h in root.handlers if h.name == "novantra"]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger("novantra").setLevel(level.upper())
    # Its records of failed requests hold addresses of pages, and those can hold link secrets.
    logging.getLogger("waitress").setLevel(logging.ERROR)
