"""A mail that is rendered once and filled says what it would say if it were rendered by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.mail.blanks import Form, blanks_for, marks
from app.mail.compose import TEMPLATES, Composer, Prose, prepared

MAILS = sorted(folder.name for folder in (TEMPLATES / "email").iterdir() if folder.is_dir())
UNTIL = datetime(2026, 11, 29, 11, 12, tzinfo=UTC)
ADDRESSES = [
    "kim@else.test",
    "lea@acme.test",
    "o'neil&sons@else.test",
    "a.much.longer.name.than.most@a-department.of.a-large.company.example.com",
    "dörte@xn--mnchen-3ya.de",
]


def values(address: str, secret: str, **more: object) -> dict[str, object]:
    """What any mail may say."""
    link = f"https://hr.acme.test/invitations/{secret}?a=1&b=2"
    moments = dict.fromkeys(
        ("until", "expires_at", "changed_at", "locked_until", "at", "next_at"), UNTIL
    )
    addresses = dict.fromkeys(
        ("email", "old_email", "new_email", "account_email", "inviter_email", "sender_address"),
        address,
    )
    links = dict.fromkeys(("link", "reset_link", "access_url", "unlock_link"), link)
    typed = dict.fromkeys(("organization", "inviter", "name", "asked_by", "sender_name"), "Bo & Co")
    ours = dict.fromkeys(("product", "host", "access_host", "relay", "encryption"), "x.test")
    switches = {"done": True, "changes": True, "handed_over": True, "phrase": "a phrase"}
    code = {"code": secret[:8], "role": "member", "what": "password"}
    lengths = {f"{name}_lasts": Prose("30 minutes") for name in moments}
    zone = {"zone": ZoneInfo("Europe/Berlin")}
    return {
        **moments,
        **lengths,
        **zone,
        **addresses,
        **links,
        **typed,
        **ours,
        **switches,
        **code,
        **more,
    }


@pytest.mark.parametrize("mail", MAILS)
def test_what_is_filled_is_what_would_have_been_rendered(mail: str) -> None:
    composer = Composer(TEMPLATES)
    for address in ADDRESSES:
        for secret in ("q7mE0u8cTqk3", "ZZmE0u8cTq-_"):
            given = values(address, secret)
            assert composer.compose(mail, given) == composer._rendered(mail, prepared(given))


def test_one_form_serves_all_that_are_as_long_and_holds_nothing_of_them() -> None:
    composer = Composer(TEMPLATES)
    for address, secret in (("kim@else.test", "first-secret"), ("lea@acme.test", "other-secret")):
        written = composer.compose("invitation", values(address, secret))
        assert address in written.html
        assert secret in written.text
    kept = composer._forms.cache_info()
    assert (kept.hits, kept.misses) == (1, 1)
    told = values("kim@else.test", "a-secret")
    shown = {name: str(value) for name, value in told.items() if name in {"email", "link"}}
    form = Form.of("{email} {link}".format(**marks(blanks_for(shown))), blanks_for(shown))
    assert not any(value in repr(form) for value in shown.values())


def test_another_name_role_or_minute_is_another_form() -> None:
    composer = Composer(TEMPLATES)
    later = UNTIL.replace(minute=13)
    for more in ({}, {"organization": "Else"}, {"role": "admin"}, {"until": later}, {"done": 1}):
        given = values("kim@else.test", "a-secret", **more)
        assert composer.compose("invitation", given) == composer._rendered(
            "invitation", prepared(given)
        )
    assert composer._forms.cache_info().misses == 5
    composer.compose("invitation", values("kim@else.test", "a-secret", until=later))
    same_minute = later.replace(second=41)
    composer.compose("invitation", values("kim@else.test", "a-secret", until=same_minute))
    assert composer._forms.cache_info().misses == 5


@pytest.mark.parametrize("template", ["{% if link %}x{% endif %}", "{{ link == 'x' }}"])
def test_a_template_that_looks_into_what_it_prints_is_an_error(
    template: str, tmp_path: Path
) -> None:
    folder = tmp_path / "email" / "nosy"
    folder.mkdir(parents=True)
    for part in ("subject.txt", "body.txt", "body.html"):
        (folder / part).write_text(template)
    with pytest.raises(TypeError, match="not known"):
        Composer(tmp_path).compose("nosy", {"link": "https://hr.acme.test/"})


def test_blanks_side_by_side_are_told_apart() -> None:
    printed = {"code": "123456", "email": "kim@else.test"}
    blanks = blanks_for(printed)
    mark = {name: str(blank) for name, blank in marks(blanks).items()}
    text = "{code}{code}{email}{email}{code}<b>".format(**mark)
    filled = Form.of(text, blanks).filled(printed)
    assert filled == "123456123456kim@else.testkim@else.test123456<b>"
