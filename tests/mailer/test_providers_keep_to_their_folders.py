"""What is known of one provider stands in its folder: nothing else in the program names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app
from app.mailer.providers import DEFAULT, PROVIDERS

ROOT = Path(app.__file__).parent.parent
SHARED = (
    "app/mail/failures/providers.py",  # whose relay a name means, for pasted texts as well
    "app/mail/failures/signing_in.py",  # whose word for a refusal it is
    "app/mail/oauth/services.py",  # whose sign-in service it is, and there
    "app/mailer/tokens/asking.py",
    "app/mailer/managed.py",  # how the Cloud's environment writes the log and a relay
)


@pytest.mark.parametrize("provider", [value for value in PROVIDERS if value != DEFAULT])
def test_no_code_outside_a_providers_folder_names_it(provider: str) -> None:
    folder = ROOT.joinpath(*PROVIDERS[provider].folder.split("."))
    assert (folder / "fields.html").exists()
    named = re.compile(rf"""["']{provider}["']""")
    found = [
        str(path.relative_to(ROOT))
        for place in ("app", "wizard")
        for path in ROOT.joinpath(place).rglob("*")
        if path.suffix in {".py", ".html", ".js"}
        and not path.is_relative_to(folder)
        and named.search(path.read_text(encoding="utf-8"))
    ]
    assert [name for name in found if name not in SHARED] == []
