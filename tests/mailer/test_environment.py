"""The environment says how mail is sent: it is used as it stands, noted and audited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.audit.models import AuditEvent
from app.crypto.keys import KeyRing, new_key
from app.crypto.secret import Secret
from app.database import Base, utcnow
from app.mail.failures import Failure, FailureCode
from app.mailer import health
from app.mailer.active import active_mailer, mail_state
from app.mailer.configuration import save
from app.mailer.forms import FORMS
from app.mailer.in_force import elsewhere, in_force
from app.mailer.models import MailerConfiguration
from app.mailer.noting import ACTOR, EnvironmentThread, note
from app.mailer.settings import PasswordChange, Settings
from app.mailer.summary import current_health, summarise
from app.mailer.variables import DECLARABLE
from app.mailer.versions import FIRST
from app.runtime import Runtime
from app.web.context import Actor
from tests.mailer.declared import Starts, to_relay
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay
from tests.visitor import Mailbox

PASSWORD = "Kanari-47 secret"
TO = "bob@acme.test"
LOGIN = {"USERNAME": "novantra", "PASSWORD": PASSWORD}


@pytest.fixture
def starts(make_app: Callable[..., Flask]) -> Starts:
    return Starts(make_app)


def with_login(relay: Relay, **more: str) -> dict[str, str]:
    return to_relay(relay) | {"SECURE": "on", "ENCRYPTION": "starttls"} | LOGIN | more


def events(live: Runtime) -> list[AuditEvent]:
    with live.database.session(reading=True) as session:
        found = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [event for event in found if event.tag.startswith("mailer:")]


def everything_stored(live: Runtime) -> str:
    with live.database.session(reading=True) as session:
        tables = Base.metadata.sorted_tables
        rows = [session.execute(text(f"SELECT * FROM {t.name}")).all() for t in tables]  # noqa: S608
        return repr(rows)


def store(live: Runtime, relay: Relay, sender: str = "stored@acme.test") -> None:
    """Save a configuration with a secret, as the page does."""
    with live.database.transaction() as session:
        save(
            session,
            live.box,
            settings=Settings(
                "smtp",
                sender_address=sender,
                host=relay.host,
                port=relay.port,
                username="novantra",
            ),
            password=PasswordChange(Secret(PASSWORD)),
            version=0,
            now=live.now(),
            actor=Actor(None, "alice@acme.test", None),
        )


def test_mail_goes_out_with_what_the_environment_says(starts: Starts, relay: Relay) -> None:
    live = starts(**with_login(relay))
    queue_resets(live, [TO])
    assert len(Mailbox(live, relay).deliver()) == 1
    assert [attempt[1] for attempt in relay.auth_attempts] == ["novantra"]
    with live.database.session(reading=True) as session:
        assert current_health(session, live).health == "working"
        assert session.get(MailerConfiguration, 1) is None


def test_the_secret_is_stored_nowhere(starts: Starts, relay: Relay) -> None:
    live = starts(**with_login(relay))
    queue_resets(live, [TO])
    Mailbox(live, relay).deliver()
    assert PASSWORD not in everything_stored(live)


def test_it_is_audited_once_by_the_environment(starts: Starts, relay: Relay) -> None:
    live = starts(**with_login(relay))
    starts(**with_login(relay))
    assert not note(live, starting=True)
    (event,) = events(live)
    assert (event.tag, event.actor) == ("mailer:created", "the environment")
    assert event.changes["host"] == {"old": None, "new": relay.host}
    assert event.changes["password"] == "set"
    assert "NOVANTRA_MAIL_PASSWORD" in event.changes["variables"]
    assert PASSWORD not in json.dumps(event.changes)


def test_another_password_is_another_configuration(starts: Starts, relay: Relay) -> None:
    first = starts(**with_login(relay))
    second = starts(**with_login(relay, PASSWORD="another"))
    assert version(first) != version(second)
    assert min(version(first), version(second)) >= FIRST
    assert events(second)[-1].changes.keys() == {"password", "variables"}
    assert events(second)[-1].changes["password"] == "changed"


def version(live: Runtime) -> int:
    with live.database.session(reading=True) as session:
        active = active_mailer(session, live)
        assert active is not None
        return active.version


def test_the_same_words_keep_their_version_when_a_key_is_added(
    starts: Starts, relay: Relay
) -> None:
    live = starts(**with_login(relay))
    before, ring = version(live), live.box.ring
    live.box._ring = lambda: KeyRing([new_key(), *ring.keys])
    assert version(live) == before
    assert not note(live, starting=True)


def test_nothing_of_the_stored_destination_is_mixed_in(starts: Starts, relay: Relay) -> None:
    with Relay() as other:
        live = starts(HOST=other.host, PORT=str(other.port), SECURE="off", USERNAME="novantra")
        store(live, relay)
        with live.database.session(reading=True) as session:
            active = active_mailer(session, live)
        assert active is not None
        assert active.relay is not None
        assert (active.relay.host, active.relay.port) == (other.host, other.port)
        assert active.relay.password is None, "a stored secret is for the stored destination"
        assert active.relay.tls == "none"
        assert active.sender_address == "stored@acme.test", "the sender may be the page’s"


def test_a_stored_secret_never_goes_to_a_host_that_the_environment_names(
    starts: Starts, relay: Relay
) -> None:
    with Relay(tls="starttls", users={"novantra": PASSWORD}) as foreign:
        live = starts(HOST=foreign.host, PORT=str(foreign.port), USERNAME="novantra")
        store(live, relay)
        queue_resets(live, [TO])
        Mailbox(live, foreign).deliver()
        assert foreign.auth_attempts == []
        assert PASSWORD not in repr(foreign.commands)


def test_a_sender_alone_is_the_environments_and_the_rest_the_pages(
    starts: Starts, relay: Relay
) -> None:
    live = starts(SENDER_NAME="Acme, by environment")
    with live.database.session(reading=True) as session:
        assert mail_state(session, live) == "pending"
    store(live, relay)
    with live.database.session(reading=True) as session:
        active = active_mailer(session, live)
    assert active is not None
    assert active.relay is not None
    assert active.sender_name == "Acme, by environment"
    assert active.sender_address == "stored@acme.test"
    assert active.relay.password is not None
    assert active.version >= FIRST


def test_what_was_stored_comes_back_when_the_variables_go(starts: Starts, relay: Relay) -> None:
    live = starts(**with_login(relay))
    store(live, relay)
    later = starts()
    assert version(later) == 1
    last = events(later)[-1]
    assert last.actor == "the environment"
    assert last.changes["variables"] == "none"
    assert last.changes["sender_address"] == {
        "old": "novantra@acme.test",
        "new": "stored@acme.test",
    }


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"PORT": "abc"},
            "NOVANTRA_MAIL_PORT cannot be used. Type a whole number from 1 to 65535.",
        ),
        ({"SECURE": "perhaps"}, "NOVANTRA_MAIL_SECURE cannot be used."),
        ({"PASSWORD": "one\ntwo"}, "NOVANTRA_MAIL_PASSWORD cannot be used. It has a line break"),
        ({"PASSWORD": "x", "PASSWORD_FILE": "/y"}, "NOVANTRA_MAIL_PASSWORD_FILE are both set"),
        ({"PASSWORD_FILE": "/nowhere/x"}, "The file in NOVANTRA_MAIL_PASSWORD_FILE, /nowhere/x,"),
        ({"PROVIDER": "sendmail"}, "NOVANTRA_MAIL_PROVIDER cannot be used."),
        ({"HOST": ""}, "NOVANTRA_MAIL_HOST is missing."),
        ({"SENDER_ADDRESS": ""}, "NOVANTRA_MAIL_SENDER_ADDRESS is missing."),
    ],
)
def test_a_bad_value_stops_mail_and_no_page(
    starts: Starts, fields: dict[str, str], words: str
) -> None:
    good = {"HOST": "relay.acme.test", "SENDER_ADDRESS": "novantra@acme.test", "PORT": "587"}
    app = starts.app(**good | fields)
    live = app.extensions["novantra"]
    with live.database.session(reading=True) as session:
        summary = summarise(session, live)
    assert summary.state == "pending"
    assert summary.mail.words == "Not configured"
    assert words in summary.mail.cause
    assert app.test_client().get("/login").status_code == 200
    assert events(live) == []


def test_a_bad_value_does_not_fall_back_on_what_is_stored(starts: Starts, relay: Relay) -> None:
    live = starts(**to_relay(relay, PORT="abc"))
    store(live, relay)
    with live.database.session(reading=True) as session:
        assert in_force(session, live) is None


def test_an_empty_variable_counts_as_not_set(starts: Starts, relay: Relay) -> None:
    live = starts(**to_relay(relay, USERNAME="", PASSWORD=""))
    found = live.declared_mail.look()
    assert found.problem is None
    assert found.warnings == (
        "NOVANTRA_MAIL_PASSWORD is empty, which counts as not set.",
        "NOVANTRA_MAIL_USERNAME is empty, which counts as not set.",
    )


def test_an_unknown_name_is_told_with_the_nearest(starts: Starts, relay: Relay) -> None:
    live = starts(**to_relay(relay, PASWORD="x"))
    (warning,) = live.declared_mail.look().warnings
    assert "NOVANTRA_MAIL_PASWORD is set" in warning
    assert warning.endswith("Did you mean NOVANTRA_MAIL_PASSWORD?")


def test_a_variable_without_effect_is_told(starts: Starts, relay: Relay) -> None:
    live = starts(**to_relay(relay, TENANT_ID="contoso.onmicrosoft.com"))
    (warning,) = live.declared_mail.look().warnings
    assert warning == "NOVANTRA_MAIL_TENANT_ID has no effect: nothing that was chosen needs it."


def test_every_field_of_every_form_has_a_variable() -> None:
    """Whoever adds a field to a form and none to the configuration hears of it here."""
    from app.mailer.forms.declaring import _BY_ITSELF

    asked = {
        field.name
        for form in FORMS.values()
        for field in form(formdata=None, meta=_BY_ITSELF)
        if field.name not in {"version", "remove_password"}
    }
    assert asked | {"provider"} == set(DECLARABLE)
    assert not [name for name in DECLARABLE if name.endswith("_file")]


# -- files


def test_a_file_gives_the_secret_without_its_last_newline(
    starts: Starts, relay: Relay, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    live = starts(**to_relay(relay, SECURE="on", USERNAME="novantra", PASSWORD_FILE=str(file)))
    queue_resets(live, [TO])
    assert len(Mailbox(live, relay).deliver()) == 1


def test_a_file_that_is_replaced_is_used_without_a_restart(
    starts: Starts, relay: Relay, tmp_path: Path
) -> None:
    """As Kubernetes does it: a symbolic link that leads elsewhere from one moment to the next."""
    mount = tmp_path / "mounted"
    for name, secret in (("old", "Kanari-46 over"), ("new", PASSWORD)):
        (mount / name).mkdir(parents=True)
        (mount / name / "password").write_text(secret)
    (mount / "data").symlink_to("old")
    path = mount / "data" / "password"
    live = starts(**to_relay(relay, SECURE="on", USERNAME="novantra", PASSWORD_FILE=str(path)))
    thread, mailbox = EnvironmentThread(live), Mailbox(live, relay)
    queue_resets(live, [TO])
    assert mailbox.deliver() == []
    with live.database.session(reading=True) as session:
        assert mail_state(session, live) == "paused"
    (mount / "next").symlink_to("new")
    (mount / "next").replace(mount / "data")
    thread.look()
    thread.look()
    with live.database.session(reading=True) as session:
        assert mail_state(session, live) == "configured", "a change ends the pause, as a save does"
    assert len(mailbox.deliver()) == 1
    assert [event.tag for event in events(live)][-2:] == ["mailer:updated", "mailer:resumed"]
    assert events(live)[-2].changes["password"] == "changed"


@pytest.mark.parametrize("broken", ["", None, "two\nlines"])
def test_a_file_that_turns_bad_leaves_the_last_good_value_in_use(
    starts: Starts, relay: Relay, tmp_path: Path, broken: str | None
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    live = starts(**to_relay(relay, SECURE="on", USERNAME="novantra", PASSWORD_FILE=str(file)))
    before = version(live)
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    for _ in range(3):
        assert version(live) == before
    found = live.declared_mail.look()
    assert found.problem is None
    assert "The file in NOVANTRA_MAIL_PASSWORD_FILE" in found.stale
    queue_resets(live, [TO])
    assert len(Mailbox(live, relay).deliver()) == 1


def test_half_of_a_file_is_not_taken_for_the_secret(
    starts: Starts, relay: Relay, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("Kanari-46 over")
    live = starts(**to_relay(relay, SECURE="on", USERNAME="novantra", PASSWORD_FILE=str(file)))
    before = version(live)
    file.write_text(PASSWORD[:4])
    assert version(live) == before, "one look does not do"
    file.write_text(PASSWORD)
    assert version(live) == before
    assert version(live) != before
    assert live.declared_mail.look().secrets["password"].reveal() == PASSWORD


# -- several processes


def test_an_older_process_sends_nothing_and_changes_nothing(
    starts: Starts, relay: Relay, clock: Callable[[], object]
) -> None:
    old = starts(**with_login(relay, PASSWORD="Kanari-46 over"))
    clock.advance(minutes=1)  # type: ignore[attr-defined]
    new = starts(**with_login(relay))
    queue_resets(old, [TO])
    assert Mailbox(old, relay).deliver() == []
    assert relay.auth_attempts == [], "no login is tried with what is out of date"
    with new.database.session(reading=True) as session:
        assert mail_state(session, new) == "configured", "what failed is not what is sent with now"
        assert current_health(session, new).health == "unproven"
        assert "started later has another" in (elsewhere(session, old) or "")
        assert elsewhere(session, new) is None
    with new.database.transaction() as session:
        assert not health.pause(
            session,
            now=utcnow(),
            failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, None),
            version=version(old),
        )
    assert not note(old), "an older environment does not overwrite a newer one"
    assert len(Mailbox(new, relay).deliver()) == 1


def test_two_processes_that_see_the_same_file_note_it_once(
    starts: Starts, relay: Relay, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("Kanari-46 over")
    fields = to_relay(relay, SECURE="on", USERNAME="novantra", PASSWORD_FILE=str(file))
    web, worker = starts(**fields), starts(**fields)
    file.write_text(PASSWORD)
    for thread in (EnvironmentThread(worker), EnvironmentThread(web)):
        thread.look()
        thread.look()
    assert version(web) == version(worker)
    assert [event.tag for event in events(web)] == ["mailer:created", "mailer:updated"]


def test_a_pause_by_hand_outlasts_a_new_environment(starts: Starts, relay: Relay) -> None:
    live = starts(**with_login(relay))
    with live.database.transaction() as session:
        health.pause_by_hand(session, now=live.now(), actor=ACTOR)
    later = starts(**with_login(relay, PASSWORD="another"))
    with later.database.session(reading=True) as session:
        assert mail_state(session, later) == "paused"


def test_a_process_without_the_environment_says_so(starts: Starts, relay: Relay) -> None:
    live = starts(**with_login(relay))
    app = starts._make()
    shell = app.extensions["novantra"]
    # Built as a server would be, it took the variables for gone; a command notes nothing.
    note(live, starting=True)
    with shell.database.session(reading=True) as session:
        assert "this process without" in (elsewhere(session, shell) or "")
