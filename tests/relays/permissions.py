"""Files that a mail server reads once it has given up its privileges."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def others_may_read() -> Iterator[None]:
    """What is made here, by this process or one that it starts, is open to other users.

    Whatever holds around it: Novantra makes its own files private, and so do some shells.
    """
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)
