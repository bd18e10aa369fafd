"""What a run was made on: without it a figure means nothing."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.others import versions


def described() -> str:
    """Machine, load and versions, as Markdown."""
    ours = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, " + ", ".join(
        f"{name} {version(name)}" for name in ("SQLAlchemy", "psycopg", "Flask")
    )
    facts = {
        "When": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Machine": f"{_processor()}, {os.cpu_count()} cores, {_memory()}, {platform.system()}"
        f" {platform.release()}",
        "Load before and after": f"{os.getloadavg()[2]:.1f} and {os.getloadavg()[0]:.1f}"
        " (means of 15 minutes and of 1)",
        "Ours": ours,
        "Others": ", ".join(versions()),
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else platform.processor() or "unknown processor"


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
