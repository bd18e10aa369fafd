"""Visitors cannot fill the audit log with locks, and the log says where it stopped telling."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from app.accounts import lockout
from app.accounts.lockout import record_lock
from app.audit.models import AuditEvent
from app.mail.addresses import Address
from app.runtime import Runtime
from app.throttle import subject_of_address
from tests.conftest import Clock


def lock(runtime: Runtime, email: str, ip: str, *, known: bool = False) -> None:
    with runtime.database.transaction() as session:
        now = runtime.now()
        address = Address.parse(email)
        record_lock(
            session,
            address=address,
            subject=subject_of_address(address),
            known=known,
            ip=ip,
            until=now + timedelta(minutes=15),
            now=now,
        )


def told(runtime: Runtime) -> list[AuditEvent]:
    with runtime.database.session(reading=True) as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def test_one_network_makes_a_bounded_number_and_the_last_says_so(
    runtime: Runtime, clock: Clock
) -> None:
    for number in range(40):
        lock(runtime, f"nobody{number}@else.test", "192.0.2.9")
    events = told(runtime)
    assert len(events) == lockout.EVENTS_PER_CLIENT
    assert ["further_locks" in event.changes for event in events] == [False] * 19 + [True]
    clock.advance(hours=24, seconds=1)
    lock(runtime, "nobody@else.test", "192.0.2.9")
    assert len(told(runtime)) == lockout.EVENTS_PER_CLIENT + 1


def test_one_address_and_all_together_are_bounded_too(runtime: Runtime) -> None:
    for number in range(10):
        lock(runtime, "dana@acme.test", f"198.51.100.{number}", known=True)
    assert len(told(runtime)) == lockout.EVENTS_PER_ADDRESS
    for number in range(lockout.EVENTS_FOR_ALL + 30):
        lock(runtime, f"nobody{number}@else.test", f"10.0.{number // 250}.{number % 250}")
    with runtime.database.session(reading=True) as session:
        count = session.scalar(select(func.count()).select_from(AuditEvent))
    assert count == lockout.EVENTS_PER_ADDRESS + lockout.EVENTS_FOR_ALL
    lock(runtime, "bo@acme.test", "203.0.113.5", known=True)
    assert told(runtime)[-1].target == "bo@acme.test"
