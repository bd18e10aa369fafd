"""System → Mail activity → Over time: what was sent and what was not, day by day."""

from __future__ import annotations

from flask import render_template, request

from app.outbox.chart import chart
from app.outbox.hand_over import in_words
from app.outbox.over_time import Day, OverTime, over_time
from app.outbox.selection import blueprint
from app.runtime import runtime
from app.web.context import db
from app.web.guards import Permission, requires
from app.web.viewer import viewer_zone
from app.zones import called

__all__ = ["blueprint"]

PERIODS = {"7": 7, "30": 30}
"""What the address may ask for; days."""


@blueprint.get("/over-time")
@requires(Permission.SYSTEM_CONFIGURE)
def days() -> str:
    number = PERIODS.get(request.args.get("days", ""), 30)
    zone = viewer_zone()
    found = over_time(db(), runtime().now(), zone, number)
    return render_template(
        "outbox/over_time.html",
        found=found,
        together=found.together,
        chart=chart(found.days),
        number=number,
        in_words=in_words,
        day_of=day_of,
        in_short=in_short,
        summary=summary(found),
        zone_name=called(zone),
    )


def day_of(day: Day) -> str:
    """``26 November``."""
    return f"{day.day.day} {day.day:%B}"


def in_short(day: Day) -> str:
    """``Thu 26 Nov``."""
    return f"{day.day:%a} {day.day.day} {day.day:%b}"


def summary(found: OverTime) -> str:
    """The picture in a few sentences, for whoever does not see it."""
    together, most = found.together, found.most
    if not together.number:
        return f"Nothing was sent in the last {len(found.days)} days."
    said = [
        f"In the last {len(found.days)} days {_counted(together.tally.sent, 'mail')} went out,"
        f" {together.tally.failed:,} failed and {together.tally.expired:,} ran out.",
        f"Most ended on {day_of(most)}: {most.number:,}.",
    ]
    bad = [day for day in found.days if day.tally.failed or day.tally.expired]
    if bad:
        worst = max(bad, key=lambda day: day.tally.failed + day.tally.expired)
        number = worst.tally.failed + worst.tally.expired
        said.append(
            f"On {_counted(len(bad), 'day')} some did not go out, most of them on"
            f" {day_of(worst)}: {number:,}."
        )
    else:
        said.append("On no day did one fail or run out.")
    return " ".join(said)


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"
