"""``mailer explain``: what an error text from anywhere means and what to do about it."""

from __future__ import annotations

import json
import sys

import click

from app.cli.opening import without_install
from app.mail.diagnosis import context_of_text, diagnose_text, says_something
from app.mail.failures import Explanation, explain
from app.mail.phases import Phase
from app.mailer.providers import PROVIDERS

RELAYS = [provider.value for provider in PROVIDERS.values() if provider.uses_network]


@without_install
@click.command("explain")
@click.argument("text")
@click.option("--phase", type=click.Choice([phase.value for phase in Phase], case_sensitive=False))
@click.option("--provider", help=f"{', '.join(RELAYS)}, or the name of a service.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def explain_text(text: str, phase: str | None, provider: str | None, as_json: bool) -> None:
    """Say what an error text from anywhere means and what to do about it.

    With "-" in place of the text it is read from standard input.
    """
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    if not text.strip():
        raise click.BadParameter(
            "there is nothing to explain. Paste the error’s text in quotes.", param_hint="TEXT"
        )
    step = Phase(phase) if phase else None
    found = explain(diagnose_text(text, step, provider), context_of_text(text, step, provider))
    if as_json:
        said = {
            "code": found.code.value,
            "title": found.title,
            "cause": found.text,
            "fix": list(found.fix),
            "disposition": found.disposition.value,
        }
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    if not says_something(text):
        click.echo("This text does not say what went wrong; what follows is a guess.", err=True)
    click.echo("\n".join(lines_of(found)))
    click.echo(f"Code: {found.code.value}, disposition: {found.disposition.value}")


def lines_of(found: Explanation) -> list[str]:
    """An explanation in lines: the headline, the cause, and the steps with their numbers."""
    steps = [f"{number}. {step}" for number, step in enumerate(found.fix, start=1)]
    return [f"{found.title}.", found.text, *steps]
