"""Rotating keys never puts an old value back over one that was stored meanwhile."""

from __future__ import annotations

import pytest

from app.crypto.box import Place, SealedBox
from app.crypto.keys import new_key, write_key_file
from app.crypto.secret import Secret
from app.mailer.configuration import password_of, password_place, settings_of, stored
from app.resealing import reseal
from app.runtime import Runtime
from tests.outbox.letters import configure


def test_a_password_saved_while_keys_rotate_is_the_one_that_stays(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(runtime, username="novantra", password="the old one")
    write_key_file(runtime.config.key_file, [new_key(), *runtime.box.ring.keys])
    really = SealedBox.seal

    def and_meanwhile(box: SealedBox, plain: bytes, place: Place, *, packed: bool) -> str:
        monkeypatch.setattr(SealedBox, "seal", really)
        with runtime.database.transaction() as session:
            row = stored(session)
            assert row is not None
            place = password_place(settings_of(row))
            row.password_sealed = box.seal_secret(Secret("the new one"), place)
        return really(box, plain, place, packed=packed)

    monkeypatch.setattr(SealedBox, "seal", and_meanwhile)
    _, broken = reseal(runtime.database, runtime.box)
    assert broken == []
    with runtime.database.session(reading=True) as session:
        row = stored(session)
        assert row is not None
        assert password_of(row, runtime.box) == Secret("the new one")
