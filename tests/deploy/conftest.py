"""Fixtures of other rooms that these tests use."""

from tests.cli.conftest import open_folder
from tests.functional.conftest import start

__all__ = ["open_folder", "start"]
