"""Everything that is looked at, in the order in which one thing rests on another.

What is at fault in one place does not hide the others: whatever can still be looked at is, and the
rest is said not to have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.config import Config
from app.doctor import clock, deliveries, reaching, storage, surroundings
from app.doctor.line import Line, State, todo, unseen
from app.install.service import access_url, current
from app.mailer.in_force import declared_now, elsewhere
from app.mailer.summary import summarise
from app.runtime import Runtime


@dataclass(frozen=True)
class Examination:
    """All lines, in order."""

    lines: tuple[Line, ...]

    @property
    def well(self) -> bool:
        """Nothing is left to do."""
        return not self.to_do

    @property
    def to_do(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.state is State.TODO)


def examine(runtime: Runtime, environ: Mapping[str, str]) -> Examination:
    """Look at everything. Makes nothing, changes nothing, sends nothing.

    Raises :class:`~app.schema.NothingInstalled` where there is no install to look at.
    """
    config = runtime.config
    lines = [*surroundings.environment(config, environ)]
    lines += surroundings.folder(config, runtime.database)
    stored = list(storage.database(runtime.database))
    lines += stored
    if any(line.state is State.TODO and line.name in {"Database", "Schema"} for line in stored):
        lines += [storage.counters(config, None), storage.keys_alone(runtime.box)]
        because = "Cannot be looked at while the database cannot be used."
        lines += [unseen(name, because) for name in ("Deliveries", "Mail", "Access URL", "Relay")]
        return Examination(tuple(lines))
    lines += _installed(runtime, config)
    return Examination(tuple(lines))


def _installed(runtime: Runtime, config: Config) -> list[Line]:
    now = runtime.now()
    with runtime.database.session(reading=True) as session:
        counted = deliveries.web_processes(session, now)
        lines = [storage.counters(config, counted), storage.keys(session, runtime.box, config)]
        lines += deliveries.workers(session, config, now)
        summary = summarise(session, runtime)
        lines += surroundings.declared(declared_now(session, runtime), elsewhere(session, runtime))
        finished = current(session) is not None
        base = access_url(session, config)
        clocks = [clock.against_database(session), clock.against_the_past(session, now)]
    lines.append(deliveries.mail(summary))
    lines += deliveries.ends(summary)
    if not finished:
        lines.append(
            todo(
                "Setup",
                "Setup is not finished.",
                "Open the address that the server printed; novantra setup token prints the token.",
            )
        )
    if base is None:
        lines.append(unseen("Access URL", "Setup has not said yet what it is."))
    else:
        health = reaching.ask(base, "/healthz")
        lines += reaching.access_url(base, health)
        lines += reaching.proxies(config, base, health, "/login" if finished else "/setup")
        clocks.append(clock.against_proxy(health.date, runtime.now()))
    line, check = deliveries.relay(summary.active)
    lines.append(line)
    if check is not None:
        clocks.append(clock.against_relay(check.transcript, runtime.now()))
    return [*lines, *clock.lines(iter(clocks))]
