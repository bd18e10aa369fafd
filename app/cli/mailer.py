"""``mailer status``, ``check``, ``test``, ``explain``, ``pause`` and ``resume``."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup

from app.cannot import Cannot
from app.cli.explaining import explain_text, lines_of
from app.install.service import links, time_zone
from app.mail.addresses import AddressError, normalise
from app.mail.failures import Explanation, explain_failure
from app.mailer import health
from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.advice import context_of
from app.mailer.check import check_relay
from app.mailer.declared import Declared
from app.mailer.in_force import declared_now, elsewhere
from app.mailer.settings import LoginMethod
from app.mailer.summary import Summary, summarise
from app.mailer.test_mail import TestMail, record_test, send_test
from app.runtime import QueueSummary, runtime
from app.web.context import Actor
from app.zones import first_known

FAILING, PENDING = 1, 3
MARKS = {"passed": "ok", "failed": "FAILED", "skipped": "-", "not_reached": "not reached"}

group = AppGroup("mailer", help="State, checks and tests of the mail configuration.")


@group.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def status(as_json: bool) -> None:
    """Say how mail is. Exit code 0: healthy, or not tried yet; 1: failing, paused or stalled;
    3: not set up."""
    with runtime().database.session(reading=True) as session:
        summary = summarise(session, runtime())
        declared = declared_now(session, runtime())
        outside = elsewhere(session, runtime())
    facts = _facts(summary) | {"environment": _environment(declared, outside)}
    if not as_json:
        _warn(declared, outside)
    click.echo(json.dumps(facts) if as_json else _words(summary))
    sys.exit(_exit_code(summary))


@group.command("check")
def check() -> None:
    """Try the saved configuration step by step; nothing is sent."""
    active = _active()
    if active.relay is None:
        click.echo("The console provider contacts no relay: there is nothing to check.")
        return
    found = check_relay(
        active.relay,
        sender=active.sender_address,
        recipient=active.sender_address,
        region=active.region,
    )
    for step in found.steps:
        took = f" ({step.ms} ms)" if step.state in {"passed", "failed"} else ""
        detail = f"  {step.detail}" if step.detail else ""
        click.echo(f"{step.name:<10} {MARKS[step.state]:<11}{detail}{took}")
    for warning in found.warnings:
        click.echo(f"Note: {warning}")
    failed = next((step for step in found.steps if step.explanation), None)
    if found.suggestion:
        click.echo(f"{found.suggestion.title}. {found.suggestion.text}")
    if failed and failed.explanation and failed.failure:
        _fail(failed.explanation, failed.failure.reply)
    click.echo(found.summary)


@group.command("test")
@click.option("--to", required=True, metavar="ADDRESS", help="Who receives the test mail.")
def test(to: str) -> None:
    """Send a test mail with the saved configuration. Exit code 1 when it fails."""
    try:
        recipient = normalise(to)
    except AddressError as error:
        raise click.BadParameter(error.reason, param_hint="--to") from None
    active, live = _active(), runtime()
    with live.database.session(reading=True) as session:
        base = links(session, live.config)
        zone = first_known(time_zone(session))
    mail = TestMail(
        to=recipient,
        asked_by="the server's shell",
        access_url=base.base,
        access_host=base.host,
        at=live.now(),
        zone=zone,
    )
    result = send_test(active, mail)
    with live.database.transaction() as session:
        record_test(
            session,
            now=live.now(),
            to=recipient,
            asked_by=mail.asked_by,
            version=active.version,
            result=result,
        )
    if result.failure is not None:
        context = context_of(active, recipient=recipient)
        _fail(explain_failure(result.failure, context), result.failure.reply)
    how = "Written to the log" if active.relay is None else f"Sent through {active.where}"
    click.echo(f"{how} in {result.ms} ms, to {recipient}.")


group.add_command(explain_text)


@group.command("pause")
@click.option("--why", default="", metavar="TEXT", help="What the mailer page tells everybody.")
def pause(why: str) -> None:
    """Hold all mail until somebody resumes. Works while nothing else runs, too."""
    why = " ".join(why.split())
    if any(not character.isprintable() for character in why) or len(why) > 300:
        raise click.BadParameter("at most 300 characters, all of them visible", param_hint="--why")
    live = runtime()
    with live.database.transaction() as session:
        actor = Actor(None, "shell", None)
        paused = health.pause_by_hand(session, now=live.now(), actor=actor, why=why)
    click.echo("Mail is paused." if paused else "Mail is paused already.")


@group.command("resume")
def resume() -> None:
    """End a pause: what waits goes out again."""
    live = runtime()
    with live.database.transaction() as session:
        actor = Actor(None, "shell", None)
        resumed = health.resume(session, now=live.now(), actor=actor)
    if resumed:
        live.wake_worker()
    click.echo("Sending has resumed." if resumed else "Mail was not paused.")


def _active() -> ActiveMailer:
    """The saved configuration, fit to be used; ends the command with the reason otherwise."""
    with runtime().database.session(reading=True) as session:
        active = active_mailer(session, runtime())
        declared = declared_now(session, runtime())
        _warn(declared, elsewhere(session, runtime()))
    if active is None and declared is not None and declared.problem:
        click.echo(declared.problem, err=True)
        sys.exit(FAILING)
    if active is None:
        raise Cannot("Mail is not set up yet. Save a configuration first.")
    if active.problem:
        click.echo(active.problem, err=True)
        sys.exit(FAILING)
    return active


def _warn(declared: Declared | None, outside: str | None) -> None:
    """What is odd about the environment and keeps nothing from working."""
    found = (*declared.warnings, declared.stale) if declared is not None else ()
    for sentence in (*found, outside):
        if sentence:
            click.echo(f"Note: {sentence}", err=True)


def _fail(found: Explanation, reply: str) -> NoReturn:
    for line in lines_of(found):
        click.echo(line, err=True)
    click.echo(f"Code: {found.code.value}" + (f" ({reply})" if reply else ""), err=True)
    sys.exit(FAILING)


def _exit_code(summary: Summary) -> int:
    if summary.state == "pending":
        return PENDING
    return 0 if summary.mail.healthy else FAILING


def _facts(summary: Summary) -> dict[str, object]:
    row, queue, mail = summary.health, summary.queue, summary.mail
    return {
        "state": summary.state,
        "health": mail.health.value,
        "cause": mail.cause,
        "next_step": mail.step,
        "command": mail.command,
        "held": mail.held,
        "keys": mail.keys.value,
        "provider": summary.active.provider if summary.active else None,
        "problem": summary.active.problem if summary.active else None,
        "token": _token(summary),
        "queued": queue.waiting,
        "promised": queue.promised,
        "due": queue.due,
        "due_since": _iso(queue.due_since),
        "set_aside": dict(queue.set_aside),
        "workers": [
            {
                "host": worker.host,
                "pid": worker.pid,
                "process": worker.process,
                "started_at": _iso(worker.started_at),
                "seen_at": _iso(worker.seen_at),
            }
            for worker in queue.workers
        ],
        "consecutive_failures": row.consecutive_failures or 0,
        "last_success_at": _iso(row.last_success_at),
        "last_failure_code": row.last_failure_code if row.consecutive_failures else None,
        "paused_at": _iso(row.paused_at),
        "pause_code": row.pause_code,
        "paused_by": row.paused_by,
        "pause_why": row.pause_why,
        "last_test": {
            "result": summary.test_result,
            "at": _iso(row.last_test_at),
            "code": row.last_test_code if summary.test_result == "failed" else None,
        },
    }


def _environment(declared: Declared | None, outside: str | None) -> dict[str, object]:
    return {
        "variables": [each.variable for each in declared.given.values()] if declared else [],
        "problem": declared.problem if declared else None,
        "stale": declared.stale if declared else None,
        "warnings": list(declared.warnings) if declared else [],
        "elsewhere": outside,
    }


def _token(summary: Summary) -> dict[str, object]:
    token = summary.token
    return {
        "state": token.state.value,
        "login_method": token.method,
        "connected_as": token.connected_as,
        "renewed_at": _iso(token.renewed_at),
        "ends": _iso(token.ends),
        "cause": token.cause,
        "code": token.code.value if token.code else None,
        "chip": token.chip,
        "warnings": [ending.words for ending in token.warnings],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _words(summary: Summary) -> str:
    row, queue, mail = summary.health, summary.queue, summary.mail
    lines = [f"Mail: {mail.words} ({mail.health})"]
    if summary.active:
        lines.append(f"Provider: {summary.active.provider}, through {summary.active.where}")
    if mail.explanation is not None and not summary.health.refusals_counted:
        lines += lines_of(mail.explanation)
    else:
        lines += [line for line in (mail.cause, mail.step) if line]
    if mail.command:
        lines.append(f"Command: {mail.command}")
    success = f"{row.last_success_at:%Y-%m-%d %H:%M:%S} UTC" if row.last_success_at else "none yet"
    promised = f", {queue.promised} of them not made yet" if queue.promised else ""
    lines += [
        f"Last successful send: {success}",
        f"Consecutive failures: {row.consecutive_failures or 0}",
        f"Waiting: {queue.waiting}{promised}",
        f"Workers: {_workers(queue)}",
        f"Last test: {summary.test_result}",
    ]
    token = summary.token
    if token.method != LoginMethod.PASSWORD:
        by = f", as {token.connected_as}" if token.connected_as else ""
        lines.append(f"Token: {token.state}{by}")
    lines += [f"Note: {ending.words}" for ending in summary.endings]
    if queue.set_aside:
        aside = ", ".join(f"{number} {what}" for what, number in queue.set_aside.items())
        lines.append(f"Set aside, because they could not be worked on: {aside}")
    return "\n".join(lines)


def _workers(queue: QueueSummary) -> str:
    found = [f"{w.process} on {w.host}, process {w.pid}" for w in queue.workers]
    return "; ".join(found) or "none"


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
