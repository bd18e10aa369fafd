"""What is sealed opens only where it was put, and only with the install's keys."""

from __future__ import annotations

import json
import pickle

import pytest

from app.crypto import box as boxes
from app.crypto.box import Place, SealBroken, SealedBox
from app.crypto.keys import KeyRing, KeysUnusable, new_key
from app.crypto.secret import Secret

PLACE = "mailer_configuration:1:password_sealed"


def box_with(*keys):
    return SealedBox(KeyRing(list(keys)))


def test_a_sealed_value_opens_where_it_was_put():
    box = box_with(new_key())
    assert box.open(box.seal(b"relay password", PLACE), PLACE) == b"relay password"


@pytest.mark.parametrize(
    "other",
    [
        "mailer_configuration:2:password_sealed",
        "mailer_configuration:1:other",
        "outbox_messages:1:password_sealed",
    ],
)
def test_a_sealed_value_moved_to_another_row_or_column_does_not_open(other):
    box = box_with(new_key())
    sealed = box.seal(b"relay password", PLACE)
    with pytest.raises(SealBroken):
        box.open(sealed, other)


def test_an_altered_value_does_not_open():
    box = box_with(new_key())
    sealed = box.seal(b"relay password", PLACE)
    altered = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]
    with pytest.raises(SealBroken):
        box.open(altered, PLACE)


def test_a_seal_names_its_key_and_claiming_another_does_not_help():
    old, new = new_key(), new_key()
    sealed = box_with(old).seal(b"x", PLACE)
    assert SealedBox.key_id_of(sealed) == old.id
    with pytest.raises(SealBroken):
        box_with(new, old).open(sealed.replace(old.id, new.id), PLACE)


def test_values_of_an_older_key_still_open_and_new_ones_use_the_newest():
    old, new = new_key(), new_key()
    sealed = box_with(old).seal(b"x", PLACE)
    both = box_with(new, old)
    assert both.open(sealed, PLACE) == b"x"
    assert SealedBox.key_id_of(both.seal(b"y", PLACE)) == new.id


def test_a_missing_key_is_named_and_the_value_is_not():
    sealed = box_with(new_key()).seal(b"canary", PLACE)
    with pytest.raises(SealBroken) as caught:
        box_with(new_key()).open(sealed, PLACE)
    assert SealedBox.key_id_of(sealed) in str(caught.value)
    assert sealed not in str(caught.value)


def test_nothing_is_sealed_without_a_key():
    with pytest.raises(KeysUnusable):
        box_with().seal(b"x", PLACE)


@pytest.mark.parametrize("garbage", ["", "v1", "v1:", "v1:a:b", "v9:a:b", "v1::", ":::", "v1:k:é"])
def test_garbage_in_place_of_a_sealed_value_is_a_broken_seal(garbage):
    with pytest.raises(SealBroken):
        box_with(new_key()).open(garbage, PLACE)


def test_two_seals_of_one_value_differ():
    box = box_with(new_key())
    assert box.seal(b"x", PLACE) != box.seal(b"x", PLACE)


def test_a_secret_tells_nothing_unless_asked():
    secret = Secret("canary-secret")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>30}"):
        assert "canary" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == "canary-secret"
    assert secret == Secret("canary-secret")
    assert secret != Secret("other")


@pytest.mark.parametrize("form", ["v2", "v3"])
@pytest.mark.parametrize(
    "odd", ["a@acme.test", 'with "quotes" and \\', "\0\n\x7f", "Ünïcode 💌", ""]
)
def test_what_a_value_is_bound_to_is_plain_json(odd, form):
    """Stored values open as long as it stays the same to the octet."""
    place = Place(f"t:{odd}:c", (("number", 25), (odd, odd)))
    plain = [form, "k1", f"t:{odd}:c", [["number", 25], [odd, odd]]]
    compact = json.dumps(plain, separators=(",", ":")).encode()
    assert boxes._bound(form, place, "k1") == compact
    assert (
        boxes._bound(form, f"t:{odd}:c", "k1")
        == json.dumps([*plain[:3], []], separators=(",", ":")).encode()
    )


@pytest.mark.parametrize("odd", ["é", " ", "=", "QUJD\n", "QUJD QUJD", "QUJD=="])
def test_what_is_no_base64_counts_as_broken(odd):
    key = new_key()
    with pytest.raises(SealBroken):
        box_with(key).open(f"v2:{key.id}:{odd}", PLACE)
