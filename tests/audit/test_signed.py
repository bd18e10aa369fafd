"""Whoever can write the database, and has no key, cannot make the audit log say something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import select, text

from app.audit.chain import GENESIS, Head, digest_of
from app.audit.log import attach, chain_of, record
from app.audit.models import AuditEvent, AuditKey
from app.audit.sentences import details, headline
from app.audit.verify import ChainStatus, Report, verify
from app.crypto.keys import format_keys, new_key, read_key_file
from app.crypto.secret import Secret
from app.database import Database, utcnow
from app.runtime import EXTENSION, Runtime
from app.schema import alembic_config
from app.web.context import Actor

ACTOR = Actor(1, "alice@acme.test", "192.0.2.1")


def write(runtime: Runtime, number: int, target: str = "mailer") -> None:
    for _ in range(number):
        with runtime.database.transaction() as session:
            record(session, now=runtime.now(), actor=ACTOR, tag="mailer:updated", target=target)


def report(runtime: Runtime, head: Head | None = None) -> Report:
    with runtime.database.session(reading=True) as session:
        return verify(session, head=head)


def attack(runtime: Runtime, *statements: str) -> None:
    with runtime.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def rewrite(runtime: Runtime, *, keep: int | None = None) -> None:
    """Write the whole chain anew with the checksums that anybody can compute."""
    with runtime.database.transaction() as session:
        previous = GENESIS
        for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id)):
            if keep is not None and event.id > keep:
                session.delete(event)
                continue
            event.actor = "mallory@acme.test"
            event.key_id, event.previous_digest = None, previous
            previous = event.digest = digest_of(event, None)


def again(make_app: Callable[..., Flask], **changes: Any) -> Runtime:
    """The same install, started once more."""
    found = make_app(**changes).extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found


def without_the_folder(runtime: Runtime) -> None:
    """As on a host whose data folder is new: what the database alone can show."""
    (runtime.config.data_dir / "audit-head").unlink()


def test_events_missing_at_the_end_show_and_no_later_event_hides_it(
    runtime: Runtime, make_app: Callable[..., Flask]
) -> None:
    write(runtime, 8)
    attack(runtime, "DELETE FROM audit_events WHERE id > 3")
    without_the_folder(runtime)
    told = report(runtime)
    assert told.status is ChainStatus.BROKEN
    assert "events 4 to 8 are missing" in headline(told)
    write(again(make_app), 5)
    told = report(runtime)
    assert told.broken is not None
    assert told.broken.event_id == 9
    assert "events 4 to 8 are missing" in headline(told)


@pytest.mark.parametrize("anchor", ["kept", "deleted"])
@pytest.mark.parametrize("keep", [None, 3])
def test_a_chain_that_was_written_anew_shows_also_after_a_start_and_more_events(
    runtime: Runtime, make_app: Callable[..., Flask], anchor: str, keep: int | None
) -> None:
    write(runtime, 6)
    rewrite(runtime, keep=keep)
    if anchor == "deleted":
        attack(runtime, "DELETE FROM audit_anchor")
    without_the_folder(runtime)
    assert report(runtime).status is ChainStatus.BROKEN
    live = again(make_app)
    assert report(live).status is ChainStatus.BROKEN
    write(live, 2)
    assert report(live).status is ChainStatus.BROKEN


def test_an_emptied_log_shows_also_after_a_start_and_more_events(
    runtime: Runtime, make_app: Callable[..., Flask]
) -> None:
    write(runtime, 4)
    attack(runtime, "DELETE FROM audit_events", "DELETE FROM audit_anchor")
    without_the_folder(runtime)
    live = again(make_app)
    assert report(live).status is ChainStatus.BROKEN
    write(live, 1)
    assert report(live).status is ChainStatus.BROKEN


def test_an_anchor_of_before_that_is_put_back_shows_by_the_note_and_by_a_noted_head(
    runtime: Runtime,
) -> None:
    write(runtime, 3)
    with runtime.database.engine.begin() as connection:
        before = dict(connection.execute(text("SELECT * FROM audit_anchor")).mappings().one())
    write(runtime, 4)
    noted = report(runtime).head
    assert report(runtime, noted).contains == noted
    attack(runtime, "DELETE FROM audit_events WHERE id > 3")
    with runtime.database.engine.begin() as connection:
        changes = ", ".join(f"{name} = :{name}" for name in before)
        connection.execute(text(f"UPDATE audit_anchor SET {changes}"), before)  # noqa: S608
    told = report(runtime)
    assert told.status is ChainStatus.BROKEN
    assert "says that there was an event 7" in headline(told)
    # The note stays and contradicts, however many events follow.
    write(runtime, 9, "something else")
    assert report(runtime).status is ChainStatus.BROKEN
    # Without this machine's note the database alone cannot tell; a head noted elsewhere can.
    without_the_folder(runtime)
    assert report(runtime).status is ChainStatus.HOLDS
    told = report(runtime, noted)
    assert told.status is ChainStatus.BROKEN
    assert told.contains is None
    assert "has another event there" in headline(told)


def test_the_note_is_kept_beside_the_keys_and_only_of_what_was_committed(runtime: Runtime) -> None:
    note = runtime.config.data_dir / "audit-head"
    write(runtime, 2)
    assert note.read_text().strip() == str(report(runtime).head)
    assert note.stat().st_mode & 0o777 == 0o600
    with runtime.database.session() as session:
        record(session, now=runtime.now(), actor=ACTOR, tag="mailer:updated", target="x")
        with session.begin_nested():
            session.execute(text("SELECT 1"))
        session.rollback()
    assert note.read_text().startswith("2:")
    with runtime.database.session() as session:
        record(session, now=runtime.now(), actor=ACTOR, tag="mailer:updated", target="x")
        session.rollback()
        session.commit()
    assert note.read_text().startswith("2:")
    write(runtime, 1)
    assert note.read_text().strip() == str(report(runtime).head)


@pytest.mark.parametrize("damage", ["", "7", "7:abc", "\xff\xfe"])
def test_a_note_that_cannot_be_read_is_told_and_stops_no_event(
    runtime: Runtime, damage: str
) -> None:
    write(runtime, 2)
    note = runtime.config.data_dir / "audit-head"
    note.write_bytes(damage.encode("latin-1"))
    write(runtime, 1)
    assert report(runtime).checked == 3
    assert str(note) in headline(report(runtime))


def test_rotating_the_keys_leaves_every_event_provable(
    runtime: Runtime, app: Flask, make_app: Callable[..., Flask]
) -> None:
    seen = []
    for _ in range(3):
        write(runtime, 2)
        seen.append(read_key_file(runtime.config.key_file).keys[0].id)
        rotated = app.test_cli_runner().invoke(args=["keys", "rotate"])
        assert rotated.exit_code == 0, rotated.output
    write(runtime, 1)
    held = {key.id for key in read_key_file(runtime.config.key_file).keys}
    assert seen[0] not in held
    told = report(again(make_app))
    assert told.status is ChainStatus.HOLDS, (headline(told), details(told))
    assert told.checked == 10
    with runtime.database.session(reading=True) as session:
        kept = set(session.scalars(select(AuditKey.key_id)))
        assert set(seen) <= kept
    # What was kept of a key opens nowhere else, and an event under it cannot be altered.
    attack(runtime, "UPDATE audit_events SET target = 'other' WHERE id = 1")
    told = report(runtime)
    assert told.broken is not None
    assert told.broken.event_id == 1


def test_without_its_key_nothing_is_said_to_hold_and_events_stay_marked(runtime: Runtime) -> None:
    write(runtime, 3)
    file: Path = runtime.config.key_file
    good = file.read_bytes()
    file.write_text(format_keys([new_key()]))
    told = report(runtime)
    assert told.status is ChainStatus.UNKNOWN
    assert "cannot be checked" in headline(told)
    file.unlink()
    write(runtime, 2)
    told = report(runtime)
    assert told.status is ChainStatus.BROKEN
    assert any("written while the key of the install was missing" in line for line in details(told))
    file.write_bytes(good)
    write(runtime, 1)
    told = report(runtime)
    assert (told.checked, told.broken) == (6, None)
    assert [(run.first, run.last) for run in told.unsigned] == [(4, 5)]
    assert told.status is ChainStatus.BROKEN
    # They are part of the chain all the same.
    attack(runtime, "UPDATE audit_events SET target = 'other' WHERE id = 4")
    assert report(runtime).broken is not None


def test_unsigned_events_that_somebody_adds_are_told_as_such(runtime: Runtime) -> None:
    write(runtime, 2)
    with runtime.database.session() as session:
        chain = session.info.clear()
        assert chain is None
        record(session, now=runtime.now(), actor=ACTOR, tag="mailer:updated", target="forged")
        session.commit()
    assert report(runtime).status is ChainStatus.BROKEN
    write(runtime, 2)
    told = report(runtime)
    assert told.status is ChainStatus.BROKEN
    assert [(run.first, run.last) for run in told.unsigned] == [(3, 3)]


@pytest.fixture
def older(config: Any) -> Runtime:
    """The database of a release that did not sign: five events, and its key file."""
    from app.crypto.keys import create_key_file

    create_key_file(config.key_file)
    database = Database(config.database_url)
    with database.engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0005")
        connection.execute(
            text(
                "INSERT INTO install (id, access_url, access_url_version, setup_finished_at)"
                " VALUES (1, 'https://hr.acme.test', 1, '2026-01-01 00:00:00')"
            )
        )
        previous = GENESIS
        for number in range(1, 6):
            event = AuditEvent(
                id=number,
                at=utcnow().replace(microsecond=0),
                actor="alice@acme.test",
                tag="mailer:updated",
                target="mailer",
                changes={"host": {"old": "a", "new": "ü"}},
                previous_digest=previous,
            )
            previous = event.digest = digest_of(event, None)
            table = AuditEvent.__table__
            names = [column.name for column in table.columns if column.name != "key_id"]
            connection.execute(
                table.insert().values({name: getattr(event, name) for name in names})
            )
    database.close()
    return config


def test_a_chain_of_an_older_release_is_carried_over_once_and_told(
    older: Any, make_app: Callable[..., Flask]
) -> None:
    live = again(make_app)
    told = report(live)
    assert told.status is ChainStatus.HOLDS, (headline(told), details(told))
    assert told.checked == 6
    assert any(
        "Events 1 to 5 come from an older release that did not sign them" in line
        for line in details(told)
    )
    write(live, 2)
    told = report(again(make_app))
    assert (told.status, told.checked) == (ChainStatus.HOLDS, 8)
    rewrite(live, keep=5)
    attack(live, "DELETE FROM audit_anchor")
    without_the_folder(live)
    started = again(make_app)
    write(started, 1)
    assert report(started).status is ChainStatus.BROKEN


def test_what_an_older_release_wrote_cannot_be_changed_any_more(
    older: Any, make_app: Callable[..., Flask]
) -> None:
    live = again(make_app)
    attack(live, "UPDATE audit_events SET actor = 'mallory@acme.test' WHERE id = 2")
    assert report(live).broken is not None
    with live.database.transaction() as session:  # as anybody could have before
        previous = GENESIS
        for event in session.scalars(
            select(AuditEvent).where(AuditEvent.id < 6).order_by(AuditEvent.id)
        ):
            event.previous_digest = previous
            previous = event.digest = digest_of(event, None)
    assert report(live).broken is not None


def test_the_keys_of_the_environment_sign_too(make_app: Callable[..., Flask]) -> None:
    keys = [new_key(), new_key()]
    ring = ",".join(format_keys(keys).split())
    live = again(make_app, key_provider="env", keys=Secret(ring))
    write(live, 2)
    assert report(live).status is ChainStatus.HOLDS
    older_only = again(make_app, key_provider="env", keys=Secret(format_keys(keys[1:]).strip()))
    assert report(older_only).status is ChainStatus.UNKNOWN


def test_a_session_knows_the_chain_of_its_install(runtime: Runtime) -> None:
    with runtime.database.session() as session:
        chain = chain_of(session)
    assert chain is not None
    attach(runtime.database, chain)
    write(runtime, 1)
    assert report(runtime).holds


def test_the_command_prints_a_head_to_note_and_looks_for_one(runtime: Runtime, app: Flask) -> None:
    write(runtime, 3)
    shell = app.test_cli_runner()
    first = shell.invoke(args=["audit", "verify"])
    assert first.exit_code == 0
    assert "The chain holds: 3 events." in first.output
    head = first.output.strip().rpartition("Head to note: ")[2]
    assert head == str(report(runtime).head)
    write(runtime, 2)
    second = shell.invoke(args=["audit", "verify", "--head", head])
    assert (second.exit_code, "still contains event 3" in second.output) == (0, True)
    other = f"3:{'0' * 64}"
    third = shell.invoke(args=["audit", "verify", "--head", other])
    assert third.exit_code == 1
    assert "Head to note" not in third.output
    later = shell.invoke(args=["audit", "verify", "--head", f"99:{'0' * 64}"])
    assert (later.exit_code, "the log ends at 5" in later.output) == (1, True)


@pytest.mark.parametrize("head", ["", "3", "3:", "3:abc", "x:" + "0" * 64, "-1:" + "0" * 64, "²:1"])
def test_a_head_that_is_none_is_one_sentence_and_exit_2(app: Flask, head: str) -> None:
    answer = app.test_cli_runner().invoke(args=["audit", "verify", "--head", head])
    assert answer.exit_code == 2
    assert "ID:DIGEST" in answer.output
    assert "Traceback" not in answer.output
