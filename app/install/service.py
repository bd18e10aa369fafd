"""Reads and changes the install row."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.log import change, record
from app.config import Config, ConfigError
from app.database import Database, only_row
from app.install.access_url import AccessUrl, AccessUrlRefused, parse_access_url
from app.install.links import Links
from app.install.models import INSTALL_ID, Install
from app.web.context import Actor


class StaleEdit(Exception):
    """Somebody else saved in between."""


def current(session: Session) -> Install | None:
    """The install, or ``None`` while setup is open."""
    return only_row(session, Install, INSTALL_ID)


def environment_access_url(config: Config) -> AccessUrl | None:
    """The access URL that ``NOVANTRA_ACCESS_URL`` fixes, if it is set.

    Raises :class:`~app.config.ConfigError` when it cannot be one, and when the Cloud edition,
    which has nobody to ask, lacks it.
    """
    if config.access_url is None:
        if config.is_cloud:
            raise ConfigError("NOVANTRA_ACCESS_URL is required in the Cloud edition.")
        return None
    return _parsed_environment(config.access_url)


@lru_cache(maxsize=8)
def _parsed_environment(text: str) -> AccessUrl:
    try:
        return parse_access_url(text)
    except AccessUrlRefused as refused:
        raise ConfigError(f"NOVANTRA_ACCESS_URL cannot be used. {refused}") from None


def ensure_cloud_install(database: Database, config: Config, now: datetime) -> None:
    """Give a Cloud deployment its install row: there is no wizard that would.

    Safe to call at every start and from processes that start together. The row follows the
    environment when that changes.
    """
    fixed = environment_access_url(config)
    if fixed is None or not config.is_cloud:
        return
    try:
        with database.transaction() as session:
            install = current(session)
            if install is None:
                session.add(Install(access_url=fixed.url, setup_finished_at=now))
            elif install.access_url != fixed.url:
                install.access_url = fixed.url
                install.access_url_version += 1
    except IntegrityError:
        # Another process added the row between our look and our insert.
        return


def access_url(session: Session, config: Config) -> str | None:
    """The one base of every link: the environment's when it is set there, else the row's."""
    fixed = environment_access_url(config)
    if fixed:
        return fixed.url
    install = current(session)
    return install.access_url if install else None


def links(session: Session, config: Config) -> Links:
    """Builds links from the access URL alone. Raises ``LookupError`` while there is none."""
    base = access_url(session, config)
    if base is None:
        raise LookupError("setup has not finished, so there is no access URL yet")
    return Links(base)


def change_access_url(
    session: Session, new: AccessUrl, *, version: int | None, now: datetime, actor: Actor
) -> None:
    """Store another access URL and audit it; ``version`` guards against a stale edit.

    Raises :class:`StaleEdit`.
    """
    install = current(session)
    if install is None or install.access_url == new.url:
        return
    old = install.access_url
    expected = install.access_url_version if version is None else version
    changed = session.execute(
        update(Install)
        .where(Install.id == INSTALL_ID, Install.access_url_version == expected)
        .values(access_url=new.url, access_url_version=expected + 1)
        .returning(Install.id)
    ).first()
    if changed is None:
        raise StaleEdit
    session.refresh(install)
    record(
        session,
        now=now,
        actor=actor,
        tag="access-url:updated",
        target="install",
        changes={"access_url": {"old": old, "new": new.url}},
    )


def support_contact(session: Session) -> str | None:
    """Whom people are told to ask, as it goes on after "Ask"; ``None`` when nobody was named."""
    install = current(session)
    return install.support_contact if install else None


def change_support_contact(
    session: Session, whom: str | None, *, now: datetime, actor: Actor
) -> None:
    """Name whom people ask, or nobody; audited when it changes. The caller commits."""
    install = current(session)
    if install is not None:
        change(
            session,
            install,
            "support_contact",
            whom,
            now=now,
            actor=actor,
            tag="install:support-contact-changed",
            target="install",
        )


def time_zone(session: Session) -> str | None:
    """The name of the install's time zone, as it was chosen; ``None`` until somebody chooses."""
    install = current(session)
    return install.time_zone if install else None


def change_time_zone(session: Session, name: str | None, *, now: datetime, actor: Actor) -> None:
    """Times are in another zone for whoever has none of their own, or in none that anybody chose.

    Audited when it changes. The caller commits.
    """
    install = current(session)
    if install is not None:
        change(
            session,
            install,
            "time_zone",
            name,
            now=now,
            actor=actor,
            tag="install:time-zone-changed",
            target="install",
        )
