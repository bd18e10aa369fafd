"""Every page of the program in every state that looks different, for the contact sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import select

from app.config import MAIL_PREFIX
from app.crypto.secret import Secret
from app.install.setup_token import read_token
from app.mail.addresses import Address
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.noting import note
from app.mailer.test_mail import TestResult, record_test
from app.organizations.invitations import invite
from app.organizations.inviting import Inviting
from app.organizations.models import Organization
from app.outbox.models import OutboxMessage
from app.outbox.sweep import sweep
from tests import factories
from tests.browser.pictures import (
    MAILER,
    PASSWORD,
    PICTURES,
    RELAY,
    Stage,
    _healthy,
    _login,
    _pause,
    _typed,
    _wizard,
    _worked,
)
from tests.browser.states import STATES
from tests.factories import make_user
from tests.outbox.letters import ALICE, change_sender, reset_mail

MEMBERS = "/organizations/acme/members"
LINKS = "/admin/system/links"
LONG = "a-very-long-local-part-of-an-address-for-people@hr.acme.internal"


@dataclass(frozen=True)
class Scene:
    """How it is arranged. ``settings`` are of the install's configuration."""

    arrange: Callable[[Stage], None]
    installed: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


def page(path: str, *before: Callable[[Stage], None]) -> Scene:
    """A page that is opened in some state."""

    def arrange(stage: Stage) -> None:
        for step in before:
            step(stage)
        stage.open(path)

    return Scene(arrange)


def press(path: str, button: str, *before: Callable[[Stage], None]) -> Scene:
    """What is there after a button was pressed."""

    def arrange(stage: Stage) -> None:
        page(path, *before).arrange(stage)
        stage.page.get_by_role("button", name=button, exact=True).first.click()
        stage.page.wait_for_load_state()

    return Scene(arrange)


def state(name: str) -> Callable[[Stage], None]:
    return lambda stage: STATES[name](stage.world)


def visitor(stage: Stage) -> None:
    stage.page.context.clear_cookies()


# -- the wizard


def _begun(stage: Stage) -> None:
    stage.open(f"/setup?token={read_token(stage.runtime.config.setup_token_file)}")
    stage.page.get_by_role("button", name="Begin").click()


def _addressed(stage: Stage) -> None:
    _begun(stage)
    stage.page.get_by_label("Access URL").fill("https://hr.acme.test")
    stage.page.get_by_role("button", name="Use this address").click()
    if stage.page.get_by_role("button", name="Use this address").is_visible():
        stage.page.get_by_role("button", name="Use this address").click()


def _named(stage: Stage, organization: str = "Acme") -> None:
    one = stage.page
    one.get_by_label("Email address").fill("alice@acme.test")
    one.get_by_label("Your name").fill("Alice Admin")
    one.get_by_label("Organization name").fill(organization)
    one.get_by_label("Time zone").select_option("Europe/Berlin")
    one.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    one.get_by_label("Repeat the password", exact=True).fill(factories.PASSWORD)
    one.get_by_role("button", name="Continue").click()


def _to_mail(stage: Stage) -> None:
    _addressed(stage)
    _named(stage)


def _answered_mail(stage: Stage, host: str = RELAY, button: str = "Save and continue") -> None:
    _typed(stage.page, 587)
    stage.page.get_by_label("Host", exact=True).fill(host)
    stage.page.get_by_label("Password", exact=True).fill(PASSWORD)
    stage.page.get_by_role("button", name=button).first.click()


def _certificates_open(stage: Stage) -> None:
    _to_mail(stage)
    stage.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def _in_two_tabs(path: str, answer: Callable[[Stage], None], other: Callable[[Stage], None]) -> Any:
    """The older of two pages is sent after the newer one."""

    def arrange(stage: Stage) -> None:
        mine = stage.page
        stage.open(path)
        stage.page = mine.context.new_page()
        stage.open(path)
        other(stage)
        stage.page.close()
        stage.page = mine
        answer(stage)
        expect(mine.locator("#conflict")).to_be_visible()

    return arrange


def _mail_conflict(stage: Stage) -> None:
    _to_mail(stage)
    _in_two_tabs(
        "/setup/mail",
        lambda one: _answered_mail(one, "relay-a.acme.test"),
        lambda one: one.page.get_by_role("button", name="Set mail up later").click(),
    )(stage)


def _administrator_conflict(stage: Stage) -> None:
    _addressed(stage)
    _in_two_tabs(
        "/setup/administrator", lambda one: _named(one, "Acme Europe"), lambda one: _named(one)
    )(stage)


def _review(stage: Stage) -> None:
    _to_mail(stage)
    _answered_mail(stage)
    stage.page.wait_for_url("**/review")


def _review_conflict(stage: Stage) -> None:
    _review(stage)

    def other(one: Stage) -> None:
        one.open("/setup/access-url")
        one.page.get_by_label("Access URL").fill("https://people.acme.test")
        one.page.get_by_role("button", name="Use this address").click()

    _in_two_tabs(
        "/setup/review",
        lambda one: one.page.get_by_role("button", name="Finish setup").click(),
        other,
    )(stage)


def _mail_failed(stage: Stage) -> None:
    _to_mail(stage)
    _typed(stage.page, 587)
    stage.page.get_by_role("button", name="Save and continue").first.click()
    expect(stage.page.locator("#not-saved")).to_be_visible(timeout=20_000)


def _environment_review(stage: Stage) -> None:
    _addressed(stage)
    _named(stage)
    stage.open("/setup/review")


# -- what happened to an install


def _people(stage: Stage) -> None:
    with stage.runtime.database.transaction() as session:
        make_user(session, LONG, name="Maximilian Featherstonehaugh-Cholmondeley")
        make_user(session, "dana@acme.test", name="Dana", verified=False)


def _invited(stage: Stage, *addresses: str) -> None:
    with stage.runtime.database.transaction() as session:
        inviting = Inviting(
            runtime=stage.runtime,
            organization=session.scalars(select(Organization)).one(),
            role="member",
            inviter=None,
            actor=ALICE,
            now=stage.runtime.now(),
        )
        for address in addresses or ("erik@acme.test", LONG.replace("people", "guests")):
            invite(session, inviting, Address.parse(address))


def _outage(stage: Stage) -> None:
    """Mail is paused; some wait, and links ran out meanwhile."""
    _pause(stage)
    _people(stage)
    _invited(stage)
    clock = stage.world.clock
    with stage.runtime.database.transaction() as session:
        for number in range(3):
            end = clock() + timedelta(minutes=30)
            reset_mail(session, stage.runtime, f"p{number}@acme.test", expires_at=end)
    clock.advance(hours=1)
    with stage.runtime.database.transaction() as session:
        sweep(session, stage.runtime.now(), keep_days=30)
    stage.world.worker(seconds=1)


def _ask_for_help(stage: Stage) -> None:
    with stage.runtime.database.transaction() as session:
        organization = session.scalars(select(Organization)).one()
        assert organization
    stage.open("/admin/system/administrators")
    stage.page.get_by_label("Who to ask").fill("the IT help desk, help@acme.test")
    stage.page.locator("form[action$='/support'] button").click()


def _arrival(arrived: bool | None) -> Callable[[Stage], None]:
    def arrange(stage: Stage) -> None:
        _login(stage.world)
        with stage.runtime.database.transaction() as session:
            record_test(
                session,
                now=stage.world.clock(),
                to="alice@acme.test",
                asked_by="Alice Admin",
                version=stage.world.version,
                result=TestResult(412),
                phrase="amber-lake",
            )
        stage.open(MAILER)
        if arrived is not None:
            name = "It arrived" if arrived else "It did not"
            stage.page.get_by_role("button", name=name).click()

    return arrange


def _shown_link(stage: Stage) -> str:
    return (stage.page.locator("main .copy code").first.text_content() or "").strip()


def _link(stage: Stage) -> str:
    """A link for Dana that was handed over."""
    stage.open(LINKS)
    stage.page.get_by_label("Email address").fill("dana@acme.test")
    stage.page.get_by_role("button", name="Show the link").click()
    return _shown_link(stage)


def _handed(stage: Stage) -> None:
    _outage(stage)
    _link(stage)


def _received(stage: Stage) -> None:
    _outage(stage)
    link = _link(stage)
    visitor(stage)
    stage.open("/" + link.split("/", 3)[3])


def _invitation_handed(stage: Stage) -> None:
    _outage(stage)
    stage.open(MEMBERS)
    stage.page.get_by_role("link", name="Copy the link").first.click()
    stage.page.get_by_role("button", name="Show the link").click()


def _invitation_received(stage: Stage) -> None:
    _invitation_handed(stage)
    link = _shown_link(stage)
    visitor(stage)
    stage.open("/" + link.split("/", 3)[3])


def _mailer_conflict(stage: Stage) -> None:
    _login(stage.world)
    stage.open(MAILER)
    stage.world.clock.advance(minutes=2)
    change_sender(stage.runtime, LONG)
    stage.page.get_by_label("Sender name").fill("People at Acme")
    stage.page.get_by_label("Sender address").fill("people@acme.test")
    stage.page.get_by_label("Password", exact=True).fill("tomorrow’s")
    stage.page.get_by_role("button", name="Save changes").first.click()


def _address_conflict(stage: Stage) -> None:
    def change(url: str) -> Callable[[Stage], None]:
        def typed(one: Stage) -> None:
            one.page.get_by_label("Access URL").fill(url)
            one.page.get_by_role("button", name="Save", exact=True).click()

        return typed

    mine = stage.page
    stage.open("/admin/system/access-urls")
    stage.page = mine.context.new_page()
    stage.open("/admin/system/access-urls")
    change("https://people.acme.test")(stage)
    stage.page.close()
    stage.page = mine
    change("https://hr.people.acme.test")(stage)


def _folds_open(stage: Stage) -> None:
    stage.page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")


def _mailer_folds(stage: Stage) -> None:
    _healthy(stage)
    _folds_open(stage)


def _earlier(stage: Stage) -> None:
    _worked(stage)
    change_sender(stage.runtime, "people@acme.test")
    stage.world.save("relay-b.acme.test", username="novantra", password="x")


def _failed_mail(stage: Stage) -> None:
    _worked(stage)
    stage.world.refused("gone@other.test", LONG)
    stage.world.queued("dana@acme.test")


def _detail(stage: Stage) -> None:
    _failed_mail(stage)
    with stage.runtime.database.session(reading=True) as session:
        name = session.scalars(
            select(OutboxMessage.public_id).where(OutboxMessage.state == "failed")
        ).first()
    stage.open(f"/admin/system/mail-activity/{name}")


def _locked(stage: Stage) -> None:
    visitor(stage)
    for _ in range(6):
        stage.open("/login")
        stage.page.get_by_label("Email address").fill("dana@acme.test")
        stage.page.get_by_label("Password", exact=True).fill("wrong password")
        stage.page.get_by_role("button", name="Sign in").click()


def _environment_paused(stage: Stage) -> None:
    note(stage.runtime, starting=True)
    with stage.runtime.database.transaction() as session:
        failure = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        health.pause(session, now=stage.world.clock(), failure=failure)
    stage.world.worker(seconds=1)


def _template(stage: Stage) -> None:
    stage.open(f"{SYSTEM}/mail-templates/invitation")
    frame = stage.page.frame_locator("iframe.letter")
    stage.page.locator("iframe.letter").scroll_into_view_if_needed()
    expect(frame.get_by_role("heading", name="Join Acme")).to_be_visible()


def _list(stage: Stage) -> None:
    stage.world.list_pasted(30)


def _batch_invited(stage: Stage) -> None:
    _worked(stage)
    _invited(stage, *(f"guest{n}@else.test" for n in range(8)))


ENVIRONMENT = {
    "mail": {
        f"{MAIL_PREFIX}{name}": Secret(value)
        for name, value in {
            "HOST": RELAY,
            "PORT": "587",
            "SECURE": "on",
            "USERNAME": "novantra",
            "PASSWORD": PASSWORD,
            "SENDER_ADDRESS": "novantra@acme.test",
            "SENDER_NAME": "Acme HR",
        }.items()
    }
}
SYSTEM = "/admin/system"
ACTIVITY = f"{SYSTEM}/mail-activity"


def _wizard_scene(arrange: Callable[[Stage], None], **settings: Any) -> Scene:
    return Scene(arrange, installed=False, settings=settings)


SCENES: dict[str, Scene] = {
    "wizard-start": _wizard_scene(lambda stage: stage.open("/setup")),
    "wizard-address": _wizard_scene(_begun),
    "wizard-administrator": _wizard_scene(_addressed),
    "wizard-administrator-409": _wizard_scene(_administrator_conflict),
    "wizard-mail": _wizard_scene(_wizard),
    "wizard-mail-folds": _wizard_scene(_certificates_open),
    "wizard-mail-failed": _wizard_scene(_mail_failed),
    "wizard-mail-409": _wizard_scene(_mail_conflict),
    "wizard-review": _wizard_scene(_review),
    "wizard-review-409": _wizard_scene(_review_conflict),
    "wizard-environment": _wizard_scene(_environment_review, **ENVIRONMENT),
    "login": page("/login", visitor),
    "forgot-pending": page("/forgot-password", _ask_for_help, visitor),
    "forgot-paused": page("/forgot-password", _ask_for_help, _pause, visitor),
    "forgot-sent-paused": page("/forgot-password/sent", _ask_for_help, _pause, visitor),
    "locked": Scene(_locked),
    "unlock-paused": page("/unlock", _ask_for_help, _pause, visitor),
    "links": page(LINKS, _outage),
    "links-handed": Scene(_handed),
    "links-received": Scene(_received),
    "invitation-handed": Scene(_invitation_handed),
    "invitation-received": Scene(_invitation_received),
    **{f"mailer-{name.replace(' ', '-')}": page(MAILER, state(name)) for name in STATES},
    "mailer-folds": Scene(_mailer_folds),
    "mailer-409": Scene(_mailer_conflict),
    "mailer-check": Scene(PICTURES["mailer-check"].scene),
    "mailer-impact": page(MAILER, _outage),
    "mailer-arrived-asked": Scene(_arrival(None)),
    "mailer-arrived-not": Scene(_arrival(False)),
    "mailer-arrived": Scene(_arrival(True)),
    "mailer-environment": Scene(page(MAILER, _environment_paused).arrange, settings=ENVIRONMENT),
    "mailer-earlier": page(f"{MAILER}/earlier", _earlier),
    "mailer-earlier-one": page(f"{MAILER}/earlier/1", _earlier),
    "mailer-explain": page(f"{MAILER}/explain"),
    "overview-first": page(SYSTEM),
    "overview-working": page(SYSTEM, _worked),
    "overview-outage": page(SYSTEM, _outage),
    "activity-empty": page(ACTIVITY),
    "activity": page(ACTIVITY, _failed_mail),
    "activity-detail": Scene(_detail),
    "activity-question": page(f"{ACTIVITY}/selected?do=cancel&which=all", _failed_mail),
    "over-time": page(f"{ACTIVITY}/over-time", _worked),
    "templates": page(f"{SYSTEM}/mail-templates"),
    "template": Scene(_template),
    "alerts": Scene(PICTURES["alerts"].scene),
    "alerts-empty": page(f"{SYSTEM}/alerts"),
    "access-urls-409": Scene(_address_conflict),
    "time-zone": page(f"{SYSTEM}/time-zone"),
    "administrators": page(f"{SYSTEM}/administrators", _people),
    "audit": page(f"{SYSTEM}/audit", _earlier, _people),
    "audit-verified": page(f"{SYSTEM}/audit/verification", _earlier),
    "members": page(MEMBERS, _people, _batch_invited),
    "members-pending": page(MEMBERS, _people),
    "members-outage": page(MEMBERS, _outage),
    "members-error": press(MEMBERS, "Invite", _worked),
    "open-invitations": page("/organizations/acme/invitations/open", _batch_invited),
    "list": page(f"/organizations/acme/invitations/lists/{'0' * 32}", _worked, _list),
    "account": page("/account", _worked),
    "account-email-pending": page("/account/email"),
    "not-found": page("/no-such-page"),
    "dead-link": page("/reset-password/unknown", visitor),
}
