"""The others, each in one file here, installed by themselves into ``bench/.others/``.

From PyPI: Django and django-post_office. From npm: nodemailer. From Debian: Postfix, for its two
test programs ``smtp-sink`` and ``smtp-source``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
FOLDER = HERE.parent / ".others"
PYPI = ("Django==5.2.*", "django-post-office==3.12.*", "psycopg[binary]==3.*")
NPM = ("nodemailer@10",)


def python() -> Path:
    """A Python that has Django and django-post_office."""
    made = FOLDER / "python" / "bin" / "python"
    if not (FOLDER / "python" / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / "python"], check=True)
        subprocess.run([made, "-m", "pip", "install", "-q", *PYPI], check=True)
        (FOLDER / "python" / "installed").touch()
    return made


def node_environment() -> dict[str, str]:
    """The environment in which ``node`` finds nodemailer."""
    folder = FOLDER / "node"
    if not (folder / "node_modules" / "nodemailer").exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder, *NPM]
        subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    return {**os.environ, "NODE_PATH": str(folder / "node_modules")}


def postfix(program: str) -> str:
    """Where ``smtp-sink`` or ``smtp-source`` is."""
    search = os.environ.get("PATH", "") + ":/usr/sbin"
    if found := shutil.which(program, path=search):
        return found
    folder = FOLDER / "postfix"
    if not (folder / "usr" / "sbin" / program).exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", "postfix"], cwd=folder, check=True)
        (package,) = folder.glob("postfix_*.deb")
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    return str(folder / "usr" / "sbin" / program)


def versions() -> list[str]:
    """Which versions of them were measured."""
    found = []
    if (FOLDER / "python" / "installed").exists():
        listed = subprocess.run(
            [python(), "-m", "pip", "list", "--format", "json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        known = {canonicalize_name(one["name"]): one["version"] for one in json.loads(listed)}
        found += [f"{name} {known[name]}" for name in ("django", "django-post-office")]
    package = FOLDER / "node" / "node_modules" / "nodemailer" / "package.json"
    if package.exists():
        found.append(f"nodemailer {json.loads(package.read_text())['version']}")
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        found.append(f"node {node.stdout.strip()}")
    said = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "postfix"], capture_output=True, text=True
    )
    if said.returncode == 0:
        found.append(f"postfix {said.stdout}")
    return found
