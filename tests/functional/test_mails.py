"""Every mail that is sent, as it reaches a relay: well formed, plain in two forms, and inert."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import fast_mail_parser
import pytest
from linkify_it import LinkifyIt
from lxml import html

from app.mail.compose import TEMPLATES
from app.outbox.kinds import MAILS
from app.zones import clock, lasting
from tests.functional.every_mail import (
    ACCESS_URL,
    LETTERS,
    SENDER,
    Letter,
    Names,
    collect,
    kind_of,
)
from tests.needs import need_spamassassin

pytestmark = pytest.mark.process

SECRET_LINK = re.compile(rf"{ACCESS_URL}/(?:reset-password|verify-email|invitations)/\S+")
CODE = re.compile(r"[0-9]{6}|[A-Z0-9]{8}")
URL = re.compile(r"[a-z]+://[^\s<>\"]+")
WITH_LINK = {"password-reset", "verify-email", "admin-invitation", "invitation"}
WITH_CODE = {"unlock-code", "signup-code"}
# To Bob and Uma, who chose a zone of their own; everybody else has the install's.
IN_LONDON = {"password-reset", "unlock-code", "verify-email"}

HOSTILE = {
    "markup": Names(
        '{{7*7}}{{191*7919}} <a href="https://evil.com">evil.com</a>',
        '</td></table><img src="//evil.com/x"> {% raw %} ${7*7}',
        '"Acme" <eve@evil.com>, Eve',
    ),
    "links": Names(
        "https://evil.com/reset",
        "www.evil.com ceo@evil.com evil。com",
        "evil.com",
    ),
    "headers": Names(
        "Bob\r\nBcc: eve@evil.com\r\n\r\nHello",
        "=?utf-8?q?Acme=0d=0aBcc:_eve@evil.com?= Acme",
        "=?utf-8?b?QWNtZQ0KQmNjOiBldmVAZXZpbC5jb20=?=",
    ),
    "disguise": Names(
        "\u202egro.live@dnes\u202c\u2066 Bob\u200b\ufeff \u2028 Bo\x1b[2Jb",
        "N" * 500,
        "Åcme 株式会社 🏢",
    ),
}


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Letter]:
    # From SQLite whatever database is under test: what a mail says does not come from there.
    return collect(tmp_path_factory.mktemp("letters"))


@pytest.fixture
def letter(letters: dict[str, Letter], request: pytest.FixtureRequest) -> Letter:
    return letters[request.param]


@pytest.fixture(scope="module", params=HOSTILE)
def hostile(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Letter]:
    return collect(tmp_path_factory.mktemp("hostile"), HOSTILE[request.param])


each = pytest.mark.parametrize("letter", LETTERS, indirect=True)
each_name = pytest.mark.parametrize("name", LETTERS)


def test_every_kind_of_mail_is_among_these() -> None:
    folders = {path.parent.name.replace("_", "-") for path in TEMPLATES.glob("email/*/subject.txt")}
    assert {kind_of(name) for name in LETTERS} == {*MAILS, "test"} == folders


@each
def test_two_parsers_read_the_same_and_find_nothing_wrong(letter: Letter) -> None:
    ours = letter.received.message
    other = fast_mail_parser.parse_email(letter.received.content)
    assert list(other.warnings) == []
    for part in ours.walk():
        assert part.defects == []
        assert [field.defects for field in part.values() if field.defects] == []
    assert other.subject == ours["Subject"]
    assert other.from_.address == SENDER
    assert [address.address for address in other.to] == [letter.received.rcpt_to]
    assert list(other.cc) == list(other.bcc) == list(other.reply_to) == []
    assert [lines(text) for text in other.text_plain] == [lines(letter.received.text)]
    assert [lines(text) for text in other.text_html] == [lines(letter.received.html)]
    assert list(other.attachments) == []
    assert ours.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in ours.iter_parts()] == ["text/plain", "text/html"]


@each
def test_the_header_is_what_was_meant(letter: Letter) -> None:
    message = letter.received.message
    assert message.keys() == [
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "MIME-Version",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Type",
    ]
    assert message["From"].addresses[0].addr_spec == letter.received.mail_from == SENDER
    assert [a.addr_spec for a in message["To"].addresses] == [letter.received.rcpt_to]
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[\w-]{20,}@acme\.test>", message["Message-ID"])
    assert parsedate_to_datetime(message["Date"]) == letter.at
    assert 5 < len(message["Subject"]) < 100


@each
def test_it_is_small_and_travels_anywhere(letter: Letter) -> None:
    content = letter.received.content
    assert len(content) < 30_000
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


@each
def test_plain_text_and_html_say_the_same(letter: Letter) -> None:
    shown = words(html_text(letter))
    paragraphs = body(letter.received.text).split("\n\n")
    assert len(paragraphs) > 1
    for paragraph in paragraphs:
        assert words(paragraph) in shown, paragraph
    assert links_in_text(letter) == links_in_html(letter)
    codes = CODE.findall(" ".join(code_lines(letter)))
    assert all(shown.count(code.casefold()) == 1 for code in codes)


@each
def test_links_lead_to_the_access_url_and_nowhere_else(letter: Letter) -> None:
    page = html.fromstring(letter.received.html)
    assert page.xpath("//@src | //@background | //@srcset | //form | //script") == []
    targets = {*page.xpath("//@href"), *URL.findall(letter.received.text)}
    targets |= set(URL.findall(letter.received.html))
    assert all(target == ACCESS_URL or target.startswith(f"{ACCESS_URL}/") for target in targets)


@each_name
def test_a_link_or_code_stands_by_itself_and_says_when_it_runs_out(
    letters: dict[str, Letter], name: str
) -> None:
    letter, kind = letters[name], kind_of(name)
    text = letter.received.text
    secret = [line for line in text.splitlines() if SECRET_LINK.search(line)]
    assert bool(secret) is (kind in WITH_LINK)
    assert bool(code_lines(letter)) is (kind in WITH_CODE)
    assert len(secret) + len(code_lines(letter)) <= 1
    for line in secret:
        assert SECRET_LINK.fullmatch(line.strip()), "a link shares its line"
    if secret or code_lines(letter):
        assert letter.expires_at is not None
        assert letter.expires_at > letter.at
        zone = ZoneInfo("Europe/London" if name in IN_LONDON else "Europe/Berlin")
        span = lasting(letter.expires_at - letter.at)
        until = words(f"{clock(letter.expires_at, zone)}, {span} after this mail was written")
        assert re.fullmatch(r"\d\d \d\d europe/[a-z]+ on \d{1,2} \w+ \d{4} \d+ \w+ after .*", until)
        assert until in words(text)
        assert until in words(html_text(letter))


def test_no_secret_is_in_a_subject(letters: dict[str, Letter]) -> None:
    for letter in letters.values():
        subject = letter.received.message["Subject"]
        assert not URL.search(subject)
        assert not [code for code in code_lines(letter) if code in subject]


@pytest.mark.timeout(180)
def test_spamassassin_likes_every_mail(letters: dict[str, Letter], tmp_path: Path) -> None:
    scores = spam_scores(letters, need_spamassassin(), tmp_path)
    assert set(scores) == set(LETTERS)
    assert {name: score for name, score in scores.items() if score[0] >= 2.0} == {}


def test_hostile_names_change_no_header(
    hostile: dict[str, Letter], letters: dict[str, Letter]
) -> None:
    for name, letter in hostile.items():
        message, plain = letter.received.message, letters[name].received.message
        other = fast_mail_parser.parse_email(letter.received.content)
        assert message.keys() == plain.keys(), name
        assert message.defects == []
        assert [a.addr_spec for a in message["From"].addresses] == [SENDER]
        assert [a.addr_spec for a in message["To"].addresses] == [letter.received.rcpt_to]
        assert other.from_.address == SENDER
        assert list(other.bcc) == list(other.cc) == []
        assert not hidden(message["Subject"]), name
        assert other.subject == message["Subject"]


def test_hostile_names_stay_text(hostile: dict[str, Letter], letters: dict[str, Letter]) -> None:
    for name, letter in hostile.items():
        text, page = letter.received.text, letter.received.html
        assert tags(page) == tags(letters[name].received.html), name
        assert not hidden(text), name
        assert not hidden(html_text(letter)), name
        for said in (text, page, letter.received.message["Subject"]):
            assert "1512529" not in said, "a template was evaluated"
            assert "N" * 65 not in said


def test_hostile_names_become_no_links(
    hostile: dict[str, Letter], letters: dict[str, Letter]
) -> None:
    """As a mail program sees it that makes links of whatever looks like one."""
    finder = LinkifyIt()
    for name, letter in hostile.items():
        assert len(links_in_html(letter)) == len(links_in_html(letters[name])), name
        assert all(link.startswith(ACCESS_URL) for link in links_in_html(letter))
        for said in (letter.received.text, html_text(letter)):
            found = {match.url for match in finder.match(said) or []}
            ours = {u for u in found if u == ACCESS_URL or u.startswith(f"{ACCESS_URL}/")}
            addresses = {u for u in found - ours if u.endswith(("@acme.test", "@new.test"))}
            assert not {u for u in found - ours - addresses if "evil" in u}, name


def test_hostile_names_are_still_read(hostile: dict[str, Letter]) -> None:
    """Inert does not mean lost: whoever is invited sees by whom."""
    text = hostile["invitation"].received.text
    assert re.match(r"\S.* invites you to join .* on Novantra as a member", " ".join(text.split()))


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def body(text: str) -> str:
    """The plain text without its foot."""
    said, mark, _ = text.replace("\r\n", "\n").partition("\n-- \n")
    assert mark, "the foot is missing"
    return said.strip()


def words(text: str) -> str:
    """What is said, whatever the case and punctuation; links and addresses whole."""
    parts = (word.strip(".,:;?!()\u2060").casefold() for word in text.split())
    joined = " ".join(part for part in parts if part)
    return re.sub(r"(?<=\d):(?=\d\d\b)", " ", joined)


def html_text(letter: Letter) -> str:
    page = html.fromstring(letter.received.html)
    for element in page.xpath("//style | //title"):
        element.drop_tree()
    for element in page.iter("p", "td", "tr", "br", "div", "h1", "h2", "li"):
        element.tail = f" {element.tail or ''}"
    return " ".join(page.text_content().split())


def tags(page: str) -> list[str]:
    return [str(element.tag) for element in html.fromstring(page).iter()]


def links_in_text(letter: Letter) -> set[str]:
    """Those that stand on a line of their own; the test mail also tells the install's address."""
    return {
        line.strip() for line in letter.received.text.splitlines() if URL.fullmatch(line.strip())
    }


def links_in_html(letter: Letter) -> set[str]:
    return set(html.fromstring(letter.received.html).xpath("//a/@href"))


def code_lines(letter: Letter) -> list[str]:
    return [x.strip() for x in letter.received.text.splitlines() if CODE.fullmatch(x.strip())]


def hidden(text: str) -> list[str]:
    """Controls and invisible characters that turn, hide or end text; our joiners are not."""
    return [
        f"U+{ord(c):04X}"
        for c in text
        if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in "\r\n\u2060"
    ]


def spam_scores(
    letters: dict[str, Letter], program: str, folder: Path
) -> dict[str, tuple[float, str]]:
    """The score and the rules that gave it, with local rules only. One start for all of them."""
    named = {letter.received.message["Message-ID"]: name for name, letter in letters.items()}
    box = b""
    for letter in letters.values():
        at = format_datetime(letter.at)
        received = (
            "Received: from hr.acme.test (hr.acme.test [203.0.114.25]) by mx.else.test"
            f" with ESMTPS id 4Xyz for <{letter.received.rcpt_to}>; {at}\r\n"
        )
        mail = (received.encode() + letter.received.content).replace(b"\r\n", b"\n")
        box += b"From novantra@acme.test Thu Jan  1 00:00:00 2026\n" + mail + b"\n"
    ran = subprocess.run(
        [program, "-L", "-t", "--mbox"],
        input=box,
        capture_output=True,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        check=False,
    )
    parts = re.split(r"^From novantra@acme\.test ", ran.stdout.decode(), flags=re.MULTILINE)
    scores = {}
    for part in parts[1:]:
        unfolded = re.sub(r"\n[ \t]+", " ", part)
        status = re.search(r"^X-Spam-Status: \w+, score=(-?[\d.]+) .*tests=(\S+.*)", unfolded, re.M)
        message_id = re.search(r"^Message-ID: (\S+)", unfolded, re.M)
        assert status
        assert message_id
        scores[named[message_id[1]]] = float(status[1]), status[2]
    return scores
