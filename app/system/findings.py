"""What works and what does not yet, each with its consequence and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.accounts.banners import about
from app.accounts.models import User
from app.alerts.targets import everything as all_targets
from app.files import warnings
from app.install.access_url import parse_access_url
from app.install.service import access_url, environment_access_url
from app.mailer.current_health import Health
from app.mailer.mail_facts import Keys
from app.mailer.summary import Summary
from app.runtime import Runtime
from app.schema import current_revision
from app.version import VERSION
from app.web.proxies import missing_proxy, unbelieved_proxy

ALERTS_PAGE = "/admin/system/alerts"
MAILER_PAGE = "/admin/system/mailer"


@dataclass(frozen=True)
class Finding:
    """One thing about the install. ``level`` is good, warn, bad or quiet; ``state`` its word.

    ``action`` is the next step; ``action_posts`` when it is a button instead of a link.
    ``waits`` for something that stays to be done, though nobody can do it yet.
    """

    area: str
    level: str
    state: str
    text: str
    action: str | None = None
    action_href: str | None = None
    action_posts: bool = False
    waits: bool = False
    id: str | None = None

    @property
    def open(self) -> bool:
        """Whether something is left to do about it."""
        return self.waits or self.level in {"warn", "bad"}

    @property
    def counts(self) -> bool:
        """Whether it is a thing to do by itself, and does not only wait for another."""
        return self.level in {"warn", "bad"} or self.action is not None


def findings(session: Session, runtime: Runtime, user: User, summary: Summary) -> list[Finding]:
    """Everything the overview tells, in the order it is shown."""
    return [
        mail(summary, runtime.config.is_cloud),
        *_ending(summary),
        *_set_aside(summary),
        alerts(session),
        your_address(user, summary),
        address(session, runtime),
        *_proxies(runtime),
        keys(runtime, summary),
        *_files(runtime),
        database(session, runtime),
        Finding("Version", "quiet", VERSION, f"{runtime.config.edition.capitalize()} edition."),
    ]


def mail(summary: Summary, is_cloud: bool) -> Finding:
    """How mail is, in the words of everybody else who tells it, and what to do."""
    health = summary.mail
    text, action = _about_mail(summary)
    # What nobody tried yet is no alarm, and still something to do.
    waits = health.health is Health.UNPROVEN and not is_cloud
    if is_cloud or action is None:
        return Finding("Mail", health.level, health.words, text, waits=waits)
    # Elsewhere a banner of that name says it.
    name = f"notice-mail-{health.health}" if health.alarm else None
    return Finding(
        "Mail", health.level, health.words, text, action, MAILER_PAGE, waits=waits, id=name
    )


def _about_mail(summary: Summary) -> tuple[str, str | None]:
    """What there is to say, and what the button that helps is called."""
    health, active = summary.mail, summary.active
    if summary.misdeclared:
        return f"{health.cause} {health.step}", "Open the mailer"
    if active is None:
        return (
            "Nobody can reset a password by mail, new people cannot be invited and new"
            " administrators cannot verify their address. Everything else works.",
            "Set up mail",
        )
    if health.concern is not None:
        return f"{health.cause} {health.step}".strip(), "Open the mailer"
    if health.health is Health.WORKING:
        return f"Leaves as {active.sender_address} through {active.where}.", None
    if health.health is Health.PAUSED:
        until = "once this is fixed" if health.explanation else "when sending resumes"
        return f"{health.cause} Mail is kept and goes out {until}.", "See what to do"
    if health.health is Health.STALLED:
        return f"{health.cause} {health.step} Command: {health.command}", "Open the mailer"
    if not active.delivers:
        return health.cause, "Choose another provider"
    if health.health is Health.UNPROVEN:
        return f"{health.cause} {health.step}", "Open the mailer"
    trying = " Mail is tried again by itself." if _is_tried_again(summary) else ""
    return f"{health.cause}{trying}", "See what to do"


def _is_tried_again(summary: Summary) -> bool:
    return summary.failing and not summary.mail.held and summary.queue.waiting > 0


def _ending(summary: Summary) -> Iterator[Finding]:
    """What mail depends on, and will not be there for much longer."""
    for ending in summary.endings:
        state = "Past its end" if ending.days_left < 0 else "Ends soon"
        area = f"{ending.what.capitalize()} of mail"
        yield Finding(area, ending.level, state, ending.words, "Open the mailer", MAILER_PAGE)


def _set_aside(summary: Summary) -> Iterator[Finding]:
    """What no worker could work on, so that nobody finds out from the person who waits for it."""
    if summary.queue.set_aside:
        what = ", ".join(f"{number} {name}" for name, number in summary.queue.set_aside.items())
        yield Finding(
            "Set aside",
            "warn",
            "Look at it",
            f"{what} could not be worked on, and the rest went on without them. The log of the"
            " process that delivers tells why.",
        )


def alerts(session: Session) -> Finding:
    """Whether anybody outside the console hears that mail broke."""
    targets = all_targets(session)
    broken = [target.name for target in targets if target.broken_at is not None]
    if broken:
        return Finding(
            "Alerts",
            "warn",
            "Out of use",
            f"{', '.join(broken)} took an alert no more, and gets none until a test gets through.",
            "Open the alerts",
            ALERTS_PAGE,
        )
    if not targets:
        return Finding(
            "Alerts",
            "quiet",
            "Nobody is told",
            "If mail breaks, only the pages of this console say so.",
            "Add a target",
            ALERTS_PAGE,
        )
    names = ", ".join(target.name for target in targets)
    return Finding("Alerts", "good", "Set up", f"When mail breaks, {names} hears of it.")


def your_address(user: User, summary: Summary) -> Finding:
    """The administrator who looks: is their own address proven, and if not, where is the mail?"""
    if user.email_verified_at is not None:
        return Finding("Your address", "good", "Verified", user.email)
    if summary.active is None:
        return Finding(
            "Your address",
            "quiet",
            "Waits for mail",
            f"{user.email} can be verified once mail is set up. You can work all the same.",
            waits=True,
        )
    status = about(user)
    if not status.may_send:
        return Finding("Your address", "quiet", status.state, status.text, waits=True)
    return Finding(
        "Your address",
        "warn",
        status.state,
        status.text,
        "Send the mail again" if status.fate else "Send the mail",
        "/account/verify-email",
        action_posts=True,
    )


def address(session: Session, runtime: Runtime) -> Finding:
    """Where links in mails lead."""
    url = access_url(session, runtime.config) or ""
    warning = parse_access_url(url).warning
    if warning and _only_here(url) and _only_here(f"http://{runtime.config.bind}"):
        return Finding(
            "Access URL",
            "quiet",
            "This machine",
            f"Links in mails begin with {url} and open on this machine only, like every page here:"
            " nobody else can reach it. Change both before others are to.",
        )
    fixed = environment_access_url(runtime.config) is not None
    if warning:
        text, action = f"{url}. {warning}", None if fixed else "Change it"
        return Finding("Access URL", "warn", "Check it", text, action, "/admin/system/access-urls")
    where = " Fixed by the environment." if fixed else ""
    return Finding("Access URL", "good", "Set", f"Links in mails begin with {url}.{where}")


def _only_here(url: str) -> bool:
    """Whether an address leads to this very machine."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _proxies(runtime: Runtime) -> Iterator[Finding]:
    """A proxy in front that Novantra was told nothing, or something wrong, about."""
    together = (
        "so everybody counts as one network address: wrong guesses by one stranger keep all people"
        " from signing in."
    )
    unbelieved = unbelieved_proxy()
    if unbelieved is not None:
        yield Finding(
            "Reverse proxy",
            "bad",
            "Not trusted",
            f"Requests arrive through a proxy at {unbelieved}, and NOVANTRA_TRUSTED_PROXIES is 0,"
            f" {together} Set it to the number of proxies in front and restart.",
            waits=True,
        )
    missing = missing_proxy()
    if missing is not None:
        trusted = runtime.config.trusted_proxies
        yield Finding(
            "Reverse proxy",
            "warn",
            "Check it",
            f"NOVANTRA_TRUSTED_PROXIES is {trusted}, but this page was asked for through fewer"
            f" ({missing}). If people come the same way as you, {together.removeprefix('so ')}"
            " Let every proxy add X-Forwarded-For, or lower the number and restart.",
            waits=True,
        )


def keys(runtime: Runtime, summary: Summary) -> Finding:
    """Whether stored secrets can be read."""
    if summary.mail.keys not in {Keys.OK, Keys.CHANGED, Keys.FORGOTTEN}:  # not the keys’ fault
        return Finding(
            "Encryption keys",
            "bad",
            "Unusable" if summary.mail.keys is Keys.UNUSABLE else "Wrong key",
            f"{summary.keys_problem} Restore it from its backup and restart. On the server,"
            " “flask keys doctor” names what cannot be read.",
        )
    if runtime.config.key_provider == "env":
        where = "From the environment. Keep a copy of NOVANTRA_KEYS somewhere safe."
    else:
        where = f"Keep a copy of {runtime.config.key_file} apart from the database’s backup."
    return Finding("Encryption keys", "good", "In place", where)


def _files(runtime: Runtime) -> Iterator[Finding]:
    """Files that others on the machine may read, or that belong to somebody else."""
    for warning in warnings(runtime.config, runtime.database.file):
        yield Finding("Files", "warn", "Check them", f"{warning}.", waits=True)


def database(session: Session, runtime: Runtime) -> Finding:
    """Which engine, at which schema."""
    engine = "SQLite" if runtime.database.is_sqlite else "PostgreSQL"
    revision = current_revision(session.connection())
    return Finding("Database", "good", "Connected", f"{engine}, schema {revision}.")
