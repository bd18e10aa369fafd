"""A mail that is rendered once and filled says what it would say if it were rendered by itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.mail import content
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
        ("until", "expires_at", "changed_at", "locked_until", "at", "next_at", "made_at"), UNTIL
    )
    addresses = dict.fromkeys(
        ("email", "old_email", "new_email", "account_email", "inviter_email", "sender_address"),
        address,
    )
    links = dict.fromkeys(("link", "reset_link", "access_url", "unlock_link"), link)
    typed = dict.fromkeys(
        ("organization", "inviter", "maker", "name", "asked_by", "sender_name"), "Bo & Co"
    )
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


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("organization", ["Bo & Co", "Bo.Co", "Bö"])
def test_what_is_written_is_what_would_have_been_encoded(
    mail: str, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a boundary that is always the same: it is random."""
    monkeypatch.setattr(content, "_new_boundary", lambda: "=_" + "b" * 32)
    composer = Composer(TEMPLATES)
    for address in (*ADDRESSES, "kim@else.test"):
        for link in ("https://hr.acme.test/i/1", f"https://hr.acme.test/{'&' * 260}", "http://x"):
            links = dict.fromkeys(("link", "reset_link", "access_url", "unlock_link"), link)
            given = values(address, "q7mE0u8cTqk3", **links) | {"organization": organization}
            words = composer.compose(mail, given)
            for _first_and_further in range(3):
                written = composer.write(mail, given)
                assert written.subject == words.subject
                assert written.content == content.content_of(words.text, words.html)


def test_mails_of_plain_words_share_their_octets_but_not_their_boundary() -> None:
    composer = Composer(TEMPLATES)
    given = {"organization": "Acme", "inviter": "Bo Boss", "link": "https://hr.acme.test/i/1"}
    given |= dict.fromkeys(("product", "host", "access_host", "sender_name"), Prose("hr.acme.test"))
    plain = values("kim@else.test", "q7mE0u8cTqk3", **given)
    forms, printed = composer._forms_for("invitation", plain)
    assert forms
    assert [forms.content(printed) is not None for _ in range(3)] == [False, True, True]
    one, other = (composer.write("invitation", plain).content for _ in range(2))
    assert one != other
    boundary = re.compile(rb"=_[0-9a-f]{32}")
    assert len(set(boundary.findall(one))) == 1
    assert boundary.sub(b"", one) == boundary.sub(b"", other)


def test_one_form_serves_all_that_are_as_long_and_holds_nothing_of_them() -> None:
    composer = Composer(TEMPLATES)
    for address, secret, minute in (("kim@else.test", "first", 1), ("lea@acme.test", "other", 59)):
        until = UNTIL.replace(minute=minute)
        written = composer.compose("invitation", values(address, secret, until=until))
        for part in (written.html, written.text):
            assert address in part
            assert secret in part
            assert f"12:{minute:02} (Europe/Berlin) on 29 November 2026" in " ".join(part.split())
    kept = composer._forms.cache_info()
    assert (kept.hits, kept.misses) == (1, 1)


def test_another_name_role_or_switch_is_another_form() -> None:
    composer = Composer(TEMPLATES)
    for more in ({}, {"organization": "Else"}, {"role": "admin"}, {"done": 1}):
        given = values("kim@else.test", "a-secret", **more)
        directly = composer._rendered("invitation", prepared(given))
        assert composer.compose("invitation", given) == directly
    assert composer._forms.cache_info().misses == 4


def test_moments_of_every_length_break_lines_as_they_would() -> None:
    composer = Composer(TEMPLATES)
    for month in range(1, 13):
        for day in (1, 28):
            given = values("kim@else.test", "secret", until=datetime(2026, month, day, tzinfo=UTC))
            directly = composer._rendered("invitation", prepared(given))
            assert composer.compose("invitation", given) == directly


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
    printed = {"code": ["123456"], "email": ["kim@else.test"], "until": ["11:12", "UTC"]}
    blanks = blanks_for(printed)
    mark = {name: str(blank) for name, blank in marks(blanks).items()}
    text = "{code}{code}{email}{email}{code}{until}<b>".format(**mark)
    filled = Form.of(text, blanks).filled(printed)
    assert filled == "123456123456kim@else.testkim@else.test12345611:12 UTC<b>"
    held = repr(Form.of(text, blanks))
    assert not any(word in held for words in printed.values() for word in words)
