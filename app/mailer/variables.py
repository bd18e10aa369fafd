"""What the variables ``NOVANTRA_MAIL_…`` are called: one for each field of the mailer form, and for
each of them a twin with ``_FILE`` that names a file with the value.

There is no list of them here: whoever adds a field to a configuration has added its variables.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from difflib import get_close_matches

from app.config import MAIL_PREFIX
from app.environment import also_read
from app.mailer.settings import FIELDS, SECRET_FIELDS, SENDER_FIELDS

FILE = "_FILE"
"""Ends the name of the variable that names a file. A field whose own name ended so would be taken
for another's twin: a test holds that there is none."""

DECLARABLE = (*FIELDS, *SECRET_FIELDS)
"""The fields of the form that the environment can own, in the order in which they are told."""

DESTINATION_FIELDS = tuple(name for name in DECLARABLE if name not in SENDER_FIELDS)
"""They come from one place together: a stored secret never meets a host from elsewhere."""

NAMES = {field: f"{MAIL_PREFIX}{field.upper()}" for field in DECLARABLE}
"""The variable of each field."""
FILE_NAMES = {field: f"{name}{FILE}" for field, name in NAMES.items()}
"""The variable that names a file with its value."""

FIELD_OF = {name: field for field, name in [*NAMES.items(), *FILE_NAMES.items()]}

also_read(FIELD_OF)


def forget_secrets(environ: MutableMapping[str, str]) -> None:
    """Take the secrets out of a process's environment once they were read: what it starts inherits
    it.

    Only for programs of our own that never load the application again. Under another server it may
    be loaded anew from the very same environment, which then has to have them.
    """
    for name in SECRET_FIELDS:
        environ.pop(NAMES[name], None)


def nearest(name: str) -> str | None:
    """The variable that an unknown name was perhaps meant to be."""
    rest = [known.removeprefix(MAIL_PREFIX) for known in sorted(FIELD_OF)]
    found = get_close_matches(name.upper().removeprefix(MAIL_PREFIX), rest, n=1, cutoff=0.6)
    return f"{MAIL_PREFIX}{found[0]}" if found else None
