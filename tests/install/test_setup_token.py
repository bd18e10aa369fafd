"""The token's file: whole or not there, one for all processes."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from app.install.setup_token import (
    ensure_token,
    fingerprint,
    read_token,
    remove_token,
    token_fits,
)


def test_processes_that_start_together_agree_on_one_token(tmp_path: Path) -> None:
    file, found = tmp_path / "setup-token", set()
    start = threading.Barrier(12)

    def ask() -> None:
        start.wait()
        found.add(ensure_token(file))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {read_token(file)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe" * 30])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "setup-token"
    file.write_bytes(content)
    assert len(ensure_token(file)) >= 40


def test_a_removed_token_is_gone_and_removing_twice_is_fine(tmp_path: Path) -> None:
    file = tmp_path / "setup-token"
    ensure_token(file)
    remove_token(file)
    remove_token(file)
    assert read_token(file) is None


def test_what_is_typed_is_compared_without_its_dashes() -> None:
    assert token_fits("ab12-cd34", " AB12CD34 ")
    assert not token_fits("ab12-cd34", "ab12-cd35")
    assert not token_fits("ab12-cd34", "")


def test_the_fingerprint_says_nothing_about_the_token() -> None:
    assert fingerprint("ab12-cd34") == fingerprint("AB12CD34")
    assert "ab12" not in fingerprint("ab12-cd34")
