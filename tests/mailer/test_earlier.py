"""Earlier configurations: what is said of them is in facts, and going back is an ordinary save."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app import forgetting
from app.mail.failures import FailureCode
from app.mailer import snapshots
from app.mailer.configuration import password_of
from app.mailer.earlier import History, history, worked_before
from app.mailer.models import MailerConfiguration, MailerVersion
from app.mailer.settings import FIELDS
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from app.web.context import Actor
from tests.certificates import certificate_of, key_of
from tests.conftest import Clock
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import CHECKED, PATH, MailerPage, Page, smtp
from tests.mailer.situations import World
from tests.outbox.letters import notice_mail
from tests.smtpd import Relay

EARLIER = f"{PATH}/earlier"


def login(relay: Relay, **changes: object) -> dict[str, object]:
    return smtp(relay, username="novantra", password=PASSWORD, **changes)


def listed(page: MailerPage) -> Page:
    return Page(page.client.get(EARLIER))


def opened(page: MailerPage, version: int) -> Page:
    return Page(page.client.get(f"{EARLIER}/{version}"))


def restore(page: MailerPage, version: int, /, **fields: str) -> Page:
    shown = opened(page, version).text
    sent = {
        name: re.findall(rf'name="{name}"[^>]* value="([^"]+)"', shown)[-1]
        for name in ("csrf_token", "version")
    }
    return Page(
        page.client.post(f"{EARLIER}/{version}", data={**sent, "action": "restore"} | fields)
    )


def notes(runtime: Runtime) -> list[MailerVersion]:
    with runtime.database.session(reading=True) as session:
        return list(session.scalars(select(MailerVersion).order_by(MailerVersion.version)))


def known(runtime: Runtime) -> History:
    with runtime.database.session(reading=True) as session:
        found = history(session)
    assert found is not None
    return found


def test_every_save_is_noted_with_all_fields_and_without_its_secret(
    page: MailerPage, relay: Relay, runtime: Runtime
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People", password="rotated-89")
    first, second = notes(runtime)
    assert (first.version, first.way, first.saved_by) == (1, "page", "alice@acme.test")
    assert set(first.settings) == set(FIELDS)
    assert first.settings["sender_name"] == "Acme HR"
    assert (first.secrets, first.secret_changes) == (["password"], {"password": "set"})
    assert second.secret_changes == {"password": "changed"}
    assert second.settings["sender_name"] == "Acme People"
    with runtime.database.session(reading=True) as session:
        row = session.execute(text("SELECT * FROM mailer_versions WHERE version = 2")).one()
    written = json.dumps([str(value) for value in row])
    assert "rotated-89" not in written
    assert PASSWORD not in written


def test_the_list_says_who_when_what_changed_since_and_never_a_secret(
    page: MailerPage, relay: Relay, clock: Clock
) -> None:
    assert "Nothing earlier yet" in listed(page).words
    page.save(**login(relay))
    clock.advance(hours=3)
    page.save(host="127.0.0.1", password=PASSWORD, secure=CHECKED)
    shown = listed(page).words
    assert "Host from localhost →\xa0to 127.0.0.1" in shown
    assert "Password changed" in shown
    assert "saved by alice@acme.test on the mailer page; in force for 3 hours" in shown
    assert PASSWORD not in shown
    assert "Earlier configurations" in page.open().words


def test_the_stored_password_stays_where_the_destination_is_the_same(
    page: MailerPage, relay: Relay, stored: Stored, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People", password="rotated-89")
    shown = opened(page, 1).words
    assert "Acme HRnow Acme People" in shown
    assert "the one that is stored now stays" in shown
    clock.advance(minutes=1)
    assert restore(page, 1).status == 303
    assert (stored.only.sender_name, stored.only.version) == ("Acme HR", 3)
    kept = password_of(stored.only, runtime.box)
    assert kept is not None
    assert kept.reveal() == "rotated-89"
    event = stored.events[-1]
    assert event.tag == "mailer:earlier-configuration-restored"
    assert set(event.changes) == {"configuration_of", "sender_name"}
    assert "is in force again" in page.open().words
    assert notes(runtime)[-1].restores == 1
    assert "restored by alice@acme.test" in listed(page).words


def test_another_destination_asks_for_the_password_and_never_gets_the_stored_one(
    page: MailerPage, stored: Stored, runtime: Runtime
) -> None:
    options = {"users": {"novantra": PASSWORD}, "require_auth": True, "tls": "starttls"}
    with Relay(**options) as before, Relay(**options) as after:
        page.save(**login(before))
        page.save(**login(after))
        shown = opened(page, 1)
        assert "Type the password again" in shown.words
        for action in ("restore", "check"):
            refused = restore(page, 1, action=action)
            assert refused.status == 422
            assert "the port changed" in refused.errors("password")[0]
        assert before.received("AUTH") == 0
        assert stored.only.version == 2
        assert restore(page, 1, action="check", password="wrong-one").status == 422
        assert stored.only.version == 2
        assert restore(page, 1, action="check", password=PASSWORD).status == 303
        assert (stored.only.port, stored.only.version) == (before.port, 3)
    kept = password_of(stored.only, runtime.box)
    assert kept is not None
    assert kept.reveal() == PASSWORD


def test_a_check_that_fails_keeps_it_from_being_restored_and_shows_where(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People", password="no longer right")
    answer = restore(page, 1, action="check")
    assert answer.status == 422
    assert "Not restored" in answer.words
    assert answer.diagnoses == ["auth_bad_credentials"]
    assert stored.only.version == 2
    assert restore(page, 1).status == 303


def test_a_password_that_is_not_stored_any_more_is_asked_for(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    page.save(provider="console")
    refused = restore(page, 1)
    assert refused.status == 422
    assert refused.errors("password") == ["Type the password again: it is not stored any more."]
    assert restore(page, 1, password=PASSWORD).status == 303
    assert stored.only.provider == "smtp"
    assert restore(page, 2).status == 303
    assert (stored.only.provider, stored.only.password_sealed) == ("console", None)


def test_a_configuration_without_a_login_comes_back_without_one(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, host="127.0.0.1"))
    page.save(**login(relay))
    assert restore(page, 1).status == 303
    assert (stored.only.username, stored.only.password_sealed) == (None, None)


def test_who_restores_after_another_save_sees_both_versions(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People")
    answer = restore(page, 1, version="1")
    assert answer.status == 409
    assert stored.only.version == 2


def test_what_is_refused_by_now_is_shown_in_the_form_with_all_fields(
    page: MailerPage, relay: Relay, stored: Stored, runtime: Runtime
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People")
    with runtime.database.transaction() as session:
        note = session.get(MailerVersion, 1)
        assert note is not None
        note.settings = {**note.settings, "connection_timeout": 999}
    answer = restore(page, 1)
    assert answer.status == 422
    assert answer.errors("connection_timeout")
    assert answer.fields["sender_name"] == "Acme HR"
    assert stored.only.version == 2


def test_a_field_of_a_later_release_is_left_out_and_a_new_one_has_its_default(
    page: MailerPage, relay: Relay, runtime: Runtime
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People")
    with runtime.database.transaction() as session:
        note = session.get(MailerVersion, 1)
        assert note is not None
        older = {name: value for name, value in note.settings.items() if name != "encryption"}
        note.settings = {**older, "of_tomorrow": "x"}
    earlier = known(runtime).find(1)
    assert earlier is not None
    assert earlier.settings.encryption == "auto"
    assert opened(page, 1).status == 200


def test_what_is_not_kept_and_what_is_in_force_has_no_page(page: MailerPage, relay: Relay) -> None:
    assert opened(page, 1).status == 404
    page.save(**login(relay))
    assert opened(page, 2).status == 404
    assert opened(page, 1).response.location == EARLIER


def test_mails_and_attempts_are_counted_for_the_version_they_were_made_with(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    for to in ("bob@acme.test", "dana@acme.test"):
        with runtime.database.transaction() as session:
            notice_mail(session, runtime, to)
        assert deliver_next(runtime)
    page.save(password="no longer right")
    with runtime.database.transaction() as session:
        notice_mail(session, runtime, "erik@acme.test")
    assert deliver_next(runtime)
    found = known(runtime)
    earlier = found.find(1)
    assert earlier is not None
    assert (earlier.note.sent, earlier.note.failed, earlier.worked_last) == (2, 0, True)
    assert (found.current.note.sent, found.current.note.failed) == (0, 1)
    shown = listed(page).words
    assert "Worked last" in shown
    assert "2 mails sent" in shown
    assert "No mail got through; 1 attempt failed" in shown


def test_the_red_box_leads_to_the_one_that_worked(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    world = World(runtime, clock)
    world.save("relay-a.acme.test")
    world.sent()
    world.paused()
    assert 'id="worked-before"' not in page.open().text
    world.resumed()
    world.save("relay-b.acme.test")
    assert 'id="worked-before"' not in page.open().text
    world.paused()
    shown = page.open()
    assert "with another configuration (relay-a.acme.test:25): see what changed" in shown.words
    assert f'href="{EARLIER}/1"' in shown.text
    world.resumed()
    world.failed()
    assert f'href="{EARLIER}/1"' in page.open().text
    world.save("relay-c.acme.test")
    world.tested(FailureCode.CONNECT_REFUSED)
    assert f'href="{EARLIER}/1"' in page.open().text
    world.tested()
    world.failed()
    assert 'id="worked-before"' not in page.open().text, "this one has worked itself"


def test_a_test_counts_as_having_worked_and_the_console_never(
    runtime: Runtime, clock: Clock
) -> None:
    world = World(runtime, clock)
    world.save("relay-a.acme.test")
    world.tested()
    world.tested(FailureCode.CONNECT_REFUSED)
    world.save(provider="console")
    world.sent()
    world.tested()
    world.save("relay-b.acme.test")
    with runtime.database.session(reading=True) as session:
        worked = worked_before(session)
    assert worked is not None
    assert (worked.version, worked.sent_at) == (1, None)


def older_save(runtime: Runtime, clock: Clock, **values: object) -> None:
    """As a process of release 1.0 saves: the row alone."""
    clock.advance(minutes=1)
    with runtime.database.transaction() as session:
        session.execute(
            update(MailerConfiguration).values(
                version=MailerConfiguration.version + 1,
                updated_at=clock(),
                updated_by="bob@acme.test",
                **values,
            )
        )


def test_what_an_older_release_saved_is_noted_by_the_next_save(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    older_save(runtime, clock, sender_name="From 1.0")
    found = known(runtime)
    assert (found.current.version, found.current.settings.sender_name) == (2, "From 1.0")
    first = found.find(1)
    assert first is not None
    assert found.unsure_of_secret(first)
    assert "the password may be another one as well" in listed(page).words
    assert "saved by bob@acme.test" in listed(page).words
    clock.advance(minutes=1)
    page.save(sender_name="Acme People")
    second = known(runtime).find(2)
    assert second is not None
    assert (second.settings.sender_name, second.note.saved_by) == ("From 1.0", "bob@acme.test")
    assert (second.more, second.note.way) == (True, None)
    assert not known(runtime).unsure_of_secret(second)


def test_what_nobody_noted_is_told_as_a_gap(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    older_save(runtime, clock, sender_name="From 1.0")
    older_save(runtime, clock, sender_name="From 1.0 again")
    clock.advance(minutes=1)
    page.save(sender_name="Acme People")
    assert [one.version for one in known(runtime).all] == [4, 3, 1]
    shown = listed(page).words
    assert "nobody noted what came right after it" in shown


def test_mail_that_an_older_release_sent_makes_the_number_a_least_one(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    with runtime.database.transaction() as session:
        notice_mail(session, runtime, "bob@acme.test")
    assert deliver_next(runtime)
    World(runtime, clock).sent()
    assert "At least 1 mail sent" in listed(page).words


def test_fifty_are_kept_and_the_last_one_that_worked(runtime: Runtime, clock: Clock) -> None:
    world = World(runtime, clock)
    world.save("relay-0.acme.test")
    world.tested()
    for number in range(1, 55):
        world.save(f"relay-{number}.acme.test")
    kept = [note.version for note in notes(runtime)]
    assert kept == [1, *range(6, 56)]
    assert len(kept) == snapshots.KEPT + 1


def test_a_configuration_begun_anew_does_not_take_over_what_was_before(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    page.save(sender_name="Acme People")
    with runtime.database.transaction() as session:
        session.execute(text("DELETE FROM mailer_configuration"))
    clock.advance(minutes=1)
    page.save(**login(relay, sender_name="Anew"))
    assert [(note.version, note.settings["sender_name"]) for note in notes(runtime)] == [
        (1, "Anew")
    ]


def test_a_lost_key_takes_the_password_and_leaves_the_list(
    page: MailerPage, relay: Relay, stored: Stored, runtime: Runtime, clock: Clock
) -> None:
    page.save(**login(relay))
    clock.advance(minutes=1)
    World(runtime, clock).another_key()
    with runtime.database.transaction() as session:
        lost = forgetting.lost_values(session, runtime.box)
        forgetting.forget(session, lost, now=clock(), actor=Actor(None, "shell", None), key="new")
    shown = listed(page).words
    assert "its password went with a lost key, by a command on the server" in shown
    assert "Password lost" in shown
    refused = restore(page, 1)
    assert refused.errors("password") == ["Type the password again: it is not stored any more."]
    assert restore(page, 1, password=PASSWORD).status == 303
    assert not stored.only.password_lost


@pytest.mark.parametrize("hours", [0, 5])
def test_how_long_it_was_in_force(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock, hours: int
) -> None:
    page.save(**login(relay))
    clock.advance(hours=hours)
    page.save(sender_name="Acme People")
    first = known(runtime).find(1)
    assert first is not None
    assert first.until is not None
    assert first.until - first.note.saved_at == timedelta(hours=hours)


def test_the_key_of_a_client_certificate_is_asked_for_where_it_is_not_stored_any_more(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    pasted = {"client_certificate": certificate_of(), "client_key": key_of("good")}
    assert page.save(**smtp(relay, **pasted)).status == 303
    assert page.save(sender_name="Acme People").status == 303
    assert restore(page, 1).status == 303, "the stored key is that of the certificate"
    assert page.save(client_certificate="").status == 303
    refused = restore(page, 1)
    assert refused.status == 422
    assert refused.errors("client_key") == ["Paste the private key of the client certificate."]
    assert "PRIVATE KEY" not in refused.text
    assert restore(page, 1, client_key=pasted["client_key"]).status == 303
    assert stored.only.client_key_sealed is not None
    assert stored.events[-1].changes["client_key"] == "set"
