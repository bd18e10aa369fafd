"""How a command is typed on the server that this program runs on, for pages that name one."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def typed(words: str) -> str:
    """``mailer resume`` as it works here: in the folder of a checkout there is no ``novantra`` on
    the path, and beside an installed package there is nothing that ``flask --app wsgi`` finds."""
    way = "flask --app wsgi" if (CHECKOUT / "Makefile").exists() else "novantra"
    return f"{way} {words}"
