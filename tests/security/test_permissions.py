"""Who may open what: every route is classified here, or the test fails.

For the whole address map instead of for the pages one remembers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.crypto.secret import Secret
from tests.security.world import PEOPLE, World, build, without_form_tokens
from tests.wizard.walk import Walk

EVERYBODY = set(PEOPLE)
SIGNED_IN = EVERYBODY - {"visitor"}
ACME = {"member", "org_admin", "install_admin"}  # its members; the last two are its admins
ACME_ADMINS = {"org_admin", "install_admin"}
CONSOLE = {"install_admin"}

# Endpoint → who gets past the door. A route that is not here is nobody's: the test fails.
MAY: dict[str, set[str]] = {
    "static": EVERYBODY,
    "health.alive": EVERYBODY,
    "health.ready": EVERYBODY,
    "health.prometheus": EVERYBODY,  # from this machine, which a test client is
    "accounts.index": EVERYBODY,
    "accounts.login": EVERYBODY,
    "accounts.sign_in_submit": EVERYBODY,
    "accounts.logout": EVERYBODY,
    "accounts.forgot_password": EVERYBODY,
    "accounts.ask_for_reset": EVERYBODY,
    "accounts.reset_asked": EVERYBODY,
    "accounts.reset_password": EVERYBODY,  # the secret in the address is the permission
    "accounts.choose_password": EVERYBODY,
    "accounts.unlock": EVERYBODY,
    "accounts.unlock_submit": EVERYBODY,
    "accounts.verify_email": EVERYBODY,
    "accounts.confirm_email": EVERYBODY,
    "organizations.invitation": EVERYBODY,
    "organizations.accept": {"visitor"},  # the address behind the link has no account
    "accounts.account": SIGNED_IN,
    "accounts.rename": SIGNED_IN,
    "accounts.choose_time_zone": SIGNED_IN,
    "accounts.email": SIGNED_IN,
    "accounts.change_email": SIGNED_IN,
    "accounts.password": SIGNED_IN,
    "accounts.change_password": SIGNED_IN,
    "accounts.send_verification": SIGNED_IN,
    "accounts.end_session": SIGNED_IN,  # one of their own
    "accounts.end_other_sessions": SIGNED_IN,
    "organizations.members": ACME,
    "organizations.invite": ACME_ADMINS,
    "organizations.resend": ACME_ADMINS,
    "organizations.revoke": ACME_ADMINS,
    "organizations.open_invitations": ACME,
    "organizations.ask_about_several": ACME_ADMINS,
    "organizations.deal_with_several": ACME_ADMINS,
    "organizations.ask_for_link": ACME_ADMINS,
    "organizations.hand_over": ACME_ADMINS,
    "organizations.ask_to_take_back": ACME_ADMINS,
    "organizations.batch": ACME_ADMINS,
    "organizations.batch_go_on": ACME_ADMINS,
    "organizations.left_behind": ACME_ADMINS,
    "organizations.revoke_left_behind": ACME_ADMINS,
    "organizations.remove": ACME_ADMINS,
    "organizations.ask_to_dismiss": ACME_ADMINS,
    "organizations.change_role": ACME_ADMINS,
    "organizations.unlock": {"install_admin"},  # of Vera, who runs the install
    "organizations.appointing": CONSOLE,
    "organizations.appoint": CONSOLE,
    "system.overview": CONSOLE,
    "letters.index": CONSOLE,
    "letters.one": CONSOLE,
    "letters.framed": CONSOLE,
    "letters.send": CONSOLE,
    "install.access_urls": CONSOLE,
    "install.save_access_url": CONSOLE,
    "zone.time_zone_page": CONSOLE,
    "zone.save_time_zone": CONSOLE,
    "accounts.administrators": CONSOLE,
    "accounts.add_administrator": CONSOLE,
    "accounts.demote_administrator": CONSOLE,
    "accounts.save_support_contact": CONSOLE,
    "accounts.ask_to_demote": CONSOLE,
    "accounts.ask_to_remove": CONSOLE,
    "accounts.remove_administrator": CONSOLE,
    "accounts.send_link": CONSOLE,
    "accounts.lift_lock": CONSOLE,
    "accounts.hand_link": CONSOLE,
    "accounts.show_link": CONSOLE,
    "audit.index": CONSOLE,
    "audit.verification": CONSOLE,
    "audit.export": CONSOLE,
    "outbox.index": CONSOLE,
    "outbox.detail": CONSOLE,
    "outbox.days": CONSOLE,
    "outbox.cancel": CONSOLE,
    "outbox.ask_to_cancel": CONSOLE,
    "outbox.retry": CONSOLE,
    "outbox.retry_failed": CONSOLE,
    "outbox.ask_about_selected": CONSOLE,
    "outbox.do_to_selected": CONSOLE,
    "alerts.index": CONSOLE,
    "alerts.add": CONSOLE,
    "alerts.change_canary": CONSOLE,
    "alerts.test": CONSOLE,
    "alerts.ask_to_remove": CONSOLE,
    "alerts.remove": CONSOLE,
    "mailer.page": CONSOLE,
    "mailer.save": CONSOLE,
    "mailer.check": CONSOLE,
    "mailer.cure": CONSOLE,
    "mailer.earlier": CONSOLE,
    "mailer.earlier_one": CONSOLE,
    "mailer.restore": CONSOLE,
    "mailer.renew": CONSOLE,
    "mailer.arrived": CONSOLE,
    "mailer.now": CONSOLE,
    "mailer.failures": CONSOLE,
    "mailer.test": CONSOLE,
    "mailer.resume": CONSOLE,
    "mailer.transcript": CONSOLE,
    "mailer.connect": CONSOLE,
    "mailer.connected": CONSOLE,
    "mailer.disconnect": CONSOLE,
    "mailer.ask_to_disconnect": CONSOLE,
    "mailer.begin_device": CONSOLE,
    "mailer.device": CONSOLE,
    "mailer.certificate": CONSOLE,
    "mailer.explain": CONSOLE,
    "mailer.explained": CONSOLE,
    "signup.start_page": EVERYBODY,
    "signup.start": EVERYBODY,
    "signup.code_page": EVERYBODY,
    "signup.code": EVERYBODY,
    "signup.account_page": EVERYBODY,
    "signup.account": EVERYBODY,
}
SETUP = ("wizard.start", "wizard.check_token", "wizard.access_url", "wizard.administrator")
SETUP += (
    "wizard.mail",
    "wizard.failures",
    "wizard.review",
)  # nobody's once setup has finished: 404
CLOUD = {
    "edition": "cloud",
    "access_url": "https://hr.acme.test",
    "managed_mail_url": Secret("console:"),
    "managed_mail_sender": "Novantra <novantra@acme.test>",
}
MAILER = ("", "/check", "/test", "/resume", "/transcript", "/explain", "/connect", "/device")


@pytest.fixture(params=["sovereign", "cloud"])
def world(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> World:
    """One of everything, in either edition."""
    app = make_app(**(CLOUD if request.param == "cloud" else {}))
    made = build(app)
    if request.param == "cloud":  # the Cloud's operators come from the shell, like everybody's
        assert made.runtime.config.is_cloud
    return made


def ways(app: Flask) -> list[tuple[Rule, str]]:
    """Every route with each of its methods."""
    return [
        (rule, method)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})
    ]


def ask(client: FlaskClient, method: str, path: str) -> TestResponse:
    """The answer, its file closed if it is one."""
    answer = client.open(path, method=method)
    answer.close()
    return answer


def test_every_route_is_classified(world: World) -> None:
    unknown = {rule.endpoint for rule, _ in ways(world.app)} - MAY.keys() - set(SETUP)
    assert not unknown, f"say in MAY who may open {sorted(unknown)}"
    assert {method for _, method in ways(world.app)} == {"GET", "POST"}


def test_everything_under_admin_is_the_console_s(world: World) -> None:
    for rule, _ in ways(world.app):
        assert rule.rule.startswith("/admin") == (MAY.get(rule.endpoint) is CONSOLE), rule.rule
        if rule.rule.startswith("/admin"):
            view = world.app.view_functions[rule.endpoint]
            assert getattr(view, "required_permission", None) == "SystemConfigure", rule.rule


@pytest.mark.parametrize("person", PEOPLE)
def test_whoever_may_not_is_turned_away_and_changes_nothing(world: World, person: str) -> None:
    before = world.snapshot()
    with without_form_tokens(world.app):
        for rule, method in ways(world.app):
            if rule.endpoint not in SETUP and person in MAY[rule.endpoint]:
                continue
            answer = ask(world.client(person), method, world.path(rule))
            where = (person, method, rule.rule, answer.status_code, answer.location)
            if rule.endpoint in SETUP:
                assert answer.status_code == 404, where
            elif person == "visitor":
                assert answer.status_code == 303, where
                assert answer.location.startswith("/login"), where
            elif rule.rule.startswith("/organizations/"):
                inside = person in ACME
                expected = 403 if inside else 404
                assert answer.status_code == expected, where
            else:
                assert answer.status_code == 403, where
    assert world.snapshot() == before


@pytest.mark.parametrize("person", PEOPLE)
def test_whoever_may_gets_past_the_door(world: World, person: str) -> None:
    with without_form_tokens(world.app):
        # What takes rows away comes last, so that the others find them.
        order = sorted(
            ways(world.app),
            key=lambda way: way[1] == "POST" and way[0].rule.endswith(("/demote", "/remove")),
        )
        for rule, method in order:
            if rule.endpoint in SETUP or person not in MAY[rule.endpoint]:
                continue
            answer = ask(world.client(person), method, world.path(rule, person))
            where = (person, method, rule.rule, answer.status_code, answer.location)
            assert answer.status_code not in {401, 403, 404, 405, 500}, where
            if rule.endpoint not in {"accounts.index", "accounts.logout"}:
                public = MAY[rule.endpoint] >= {"visitor"}
                assert public or not (answer.location or "").startswith("/login"), where


@pytest.mark.parametrize("person", ["visitor", "member", "org_admin", "install_admin"])
@pytest.mark.parametrize("token", [None, "", "IjAwIg.aaaa.bbbb", "of another session"])
def test_no_form_counts_without_its_own_token(world: World, person: str, token: str | None) -> None:
    if token == "of another session":
        page = world.app.test_client().get("/login").text
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        assert len(token) > 40
    before = world.snapshot()
    for rule, method in ways(world.app):
        if method != "POST":
            continue
        client = world.client(person)
        data = {} if token is None else {"csrf_token": token}
        answer = client.post(world.path(rule), data=data, headers={"X-CSRFToken": token or ""})
        where = (person, rule.rule, answer.status_code)
        if rule.endpoint in SETUP:
            assert answer.status_code in {400, 404}, where
        else:
            assert answer.status_code == 400, where
    assert world.snapshot() == before


def test_methods_that_no_page_has_are_refused(world: World) -> None:
    before = world.snapshot()
    client = world.client("install_admin")
    for rule, _ in ways(world.app):
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            answer = ask(client, method, world.path(rule))
            assert answer.status_code in {400, 405, 404}, (method, rule.rule, answer.status_code)
        assert client.options(world.path(rule)).status_code in {200, 404}
    assert world.snapshot() == before


@pytest.mark.parametrize("person", PEOPLE)
def test_looking_changes_nothing(world: World, person: str) -> None:
    before = world.snapshot()
    for rule, method in ways(world.app):
        if method == "GET":
            for look in ("GET", "HEAD"):
                answer = ask(world.client(person), look, world.path(rule))
                assert answer.status_code < 500, (person, look, rule.rule)
    assert world.snapshot() == before


def test_in_cloud_no_mail_settings_exist_for_anybody(make_app: Callable[..., Flask]) -> None:
    world = build(make_app(**CLOUD))
    before = world.snapshot()
    for person in PEOPLE:
        client = world.client(person)
        for ending in (*MAILER, "/", "/anything"):
            for method in ("GET", "POST"):
                answer = client.open(f"/admin/system/mailer{ending}", method=method)
                assert answer.status_code == 404, (person, method, ending)
        for path in ("/", "/account", "/admin/system", "/organizations/acme/members"):
            shown = client.get(path, follow_redirects=True)
            assert "/admin/system/mailer" not in shown.text, (person, path)
    assert world.snapshot() == before


def test_while_setup_is_open_nothing_else_is(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    steps = {"/setup/access-url", "/setup/administrator", "/setup/mail", "/setup/review"}
    client = app.test_client()
    with without_form_tokens(app):
        for rule, method in ways(app):
            if rule.arguments or rule.rule in {"/setup", "/healthz", "/readyz", "/metrics"}:
                continue
            answer = ask(client, method, rule.rule)
            assert answer.status_code == 303, (method, rule.rule)
            assert answer.location == "/setup", (method, rule.rule, answer.location)
        stranger, owner = Walk(app), Walk(app)
        owner.to_review()
        for path in steps:
            assert owner.client.get(path).status_code == 200
            assert stranger.client.get(path).location == "/setup"
            assert stranger.client.post(path, data={"action": "defer"}).location == "/setup"
