"""Keys come from a private file or from the environment, and problems are said plainly."""

from __future__ import annotations

import base64
import stat
import threading

import pytest

from app.crypto.keys import (
    KeysUnusable,
    WatchedKeyFile,
    create_key_file,
    format_keys,
    keys_from_env,
    new_key,
    parse_keys,
    read_key_file,
    write_key_file,
)


def test_the_key_file_is_readable_by_its_owner_alone(tmp_path):
    create_key_file(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_processes_starting_together_agree_on_one_key(tmp_path):
    rings = []
    threads = [
        threading.Thread(target=lambda: rings.append(create_key_file(tmp_path / "keys")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ring.newest.id for ring in rings}) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["keys"]


def test_creating_leaves_an_existing_key_file_alone(tmp_path):
    first = create_key_file(tmp_path / "keys")
    assert create_key_file(tmp_path / "keys").newest.id == first.newest.id


def test_a_missing_key_file_is_a_problem_in_words(tmp_path):
    ring = read_key_file(tmp_path / "keys")
    assert not ring.usable
    assert "missing" in (ring.problem or "")


def test_keys_survive_being_written_and_read(tmp_path):
    keys = [new_key(), new_key()]
    write_key_file(tmp_path / "keys", keys)
    assert [k.material for k in read_key_file(tmp_path / "keys").keys] == [k.material for k in keys]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_running_process_sees_a_replaced_key_file(tmp_path):
    create_key_file(tmp_path / "keys")
    watched = WatchedKeyFile(tmp_path / "keys")
    before = watched().newest.id
    write_key_file(tmp_path / "keys", [new_key(), *watched().keys])
    assert watched().newest.id != before
    assert watched().find(before)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nocolon", "id:base64key"),
        (base64.b64encode(bytes(16)).decode(), "id:base64key"),
        (":" + base64.b64encode(bytes(32)).decode(), "id"),
        ("a:" + base64.b64encode(bytes(16)).decode(), "32 bytes"),
        ("a:???", "base64"),
        ("a b:" + base64.b64encode(bytes(32)).decode(), "id"),
    ],
)
def test_malformed_keys_are_refused_without_being_shown(text, reason):
    with pytest.raises(KeysUnusable) as caught:
        parse_keys(text, source="NOVANTRA_KEYS")
    assert reason in str(caught.value)
    assert base64.b64encode(bytes(16)).decode() not in str(caught.value)


def test_keys_of_the_environment_are_newest_first():
    keys = [new_key(), new_key()]
    text = format_keys(keys).strip().replace("\n", ",")
    assert [k.id for k in keys_from_env(text).keys] == [k.id for k in keys]


def test_the_same_key_id_twice_is_refused():
    key = new_key()
    with pytest.raises(KeysUnusable, match="twice"):
        parse_keys(format_keys([key, key]), source="x")


def test_an_empty_environment_is_a_problem_in_words():
    ring = keys_from_env("")
    assert not ring.usable
    assert "NOVANTRA_KEYS" in (ring.problem or "")
