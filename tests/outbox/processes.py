"""Real worker processes on the test's own database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.config import Config
from tests import nursery

ROOT = Path(__file__).parents[2]


def start_worker(
    config: Config, *, connections: int = 1, processes: int = 1, **more: str
) -> subprocess.Popen[bytes]:
    """``mailer worker``, as an operator starts it; ``more`` is environment."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
        "NOVANTRA_DATA_DIR": str(config.data_dir),
        "NOVANTRA_DATABASE_URL": config.database_url,
        "NOVANTRA_LOG_FORMAT": "text",
        "NOVANTRA_LOG_LEVEL": "warning",  # a line for each mail would fill a pipe that nobody reads
        "FLASK_SKIP_DOTENV": "1",
        **more,
    }
    return nursery.Popen(
        [
            *(sys.executable, "-m", "flask", "--app", "wsgi"),
            *("mailer", "worker", "--connections", str(connections)),
            *("--processes", str(processes)),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
