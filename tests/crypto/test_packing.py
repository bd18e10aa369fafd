"""What waits by the thousand is made short before it is sealed, and comes out as it went in."""

from __future__ import annotations

import hashlib
import threading
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import packing
from app.crypto.box import PACKED, VERSION, SealBroken, SealedBox
from app.crypto.keys import KeyRing, new_key
from app.crypto.packing import NotPacked, pack, unpack

PLACE = "outbox_messages:1:sealed_bytes"
WORDS = packing._WORDS.read_bytes()


def box_with(*keys):
    return SealedBox(KeyRing(list(keys)))


def test_the_words_are_those_that_mails_wait_packed_with():
    """Whoever wants others adds a file and a form of seal, and leaves this one as it is."""
    assert hashlib.sha256(WORDS).hexdigest() == (
        "781d2cf6160a7c4779e2d5f893b4f22eea7e6aa2949d20e1c21d7a9103b392a8"
    )


@given(st.binary(max_size=2_000) | st.text(max_size=2_000).map(str.encode))
def test_whatever_is_packed_comes_out_again(plain):
    assert unpack(pack(plain)) == plain


@pytest.mark.parametrize("plain", [b"", WORDS, WORDS * 40, b"\0" * 300_000, WORDS[-5_000:]])
def test_much_and_nothing_come_out_again(plain):
    assert unpack(pack(plain)) == plain


def test_threads_do_not_mix_what_they_pack():
    texts = [bytes([65 + number]) * 5_000 + WORDS[: 500 * number] for number in range(8)]
    wrong: list[bytes] = []

    def work(text):
        for _ in range(200):
            if unpack(pack(text)) != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    "garbage",
    [b"", b"x", pack(b"whole")[:-1], pack(b"one") + b"more", zlib.compress(b"with a header")],
)
def test_what_was_not_packed_is_not_unpacked(garbage):
    with pytest.raises(NotPacked):
        unpack(garbage)


def test_more_than_anybody_packs_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(packing, "AT_MOST", 1_000)
    assert len(unpack(pack(b"x" * 999))) == 999
    with pytest.raises(NotPacked):
        unpack(pack(b"x" * 100_000))


def test_a_packed_value_is_shorter_and_opens_like_any_other():
    box = box_with(new_key())
    sealed = box.seal(WORDS[-4_000:], PLACE, packed=True)
    assert sealed.startswith(f"{PACKED}:")
    assert len(sealed) < 300
    assert box.open(sealed, PLACE) == WORDS[-4_000:]
    with pytest.raises(SealBroken):
        box.open(sealed, "outbox_messages:2:sealed_bytes")


@pytest.mark.parametrize(("packed", "other"), [(True, VERSION), (False, PACKED), (True, "v1")])
def test_a_value_is_not_passed_off_as_one_of_another_form(packed, other):
    box = box_with(new_key())
    form, _, rest = box.seal(pack(b"x"), PLACE, packed=packed).partition(":")
    with pytest.raises(SealBroken):
        box.open(f"{other}:{rest}", PLACE)
    assert form != other


@pytest.mark.parametrize("packed", [True, False])
def test_a_value_keeps_its_form_under_another_key(packed):
    old, new = new_key(), new_key()
    sealed = box_with(old).seal(b"text", PLACE, packed=packed)
    both = box_with(new, old)
    again = both.seal_again(sealed, PLACE)
    assert again[:3] == sealed[:3]
    assert SealedBox.key_id_of(again) == new.id
    assert box_with(new).open(again, PLACE) == b"text"
