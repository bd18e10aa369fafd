"""Reads and changes the install row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.audit.log import record
from app.config import Config
from app.install.access_url import AccessUrl
from app.install.links import Links
from app.install.models import INSTALL_ID, Install
from app.web.context import Actor


class StaleEdit(Exception):
    """Somebody else saved in between."""


def current(session: Session) -> Install | None:
    """The install, or ``None`` while setup is open."""
    return session.get(Install, INSTALL_ID)


def access_url(session: Session, config: Config) -> str | None:
    """The one base of every link: the environment's when it is set there, else the row's."""
    if config.access_url:
        return config.access_url
    install = current(session)
    return install.access_url if install else None


def links(session: Session, config: Config) -> Links:
    """Builds links from the access URL alone. Raises ``LookupError`` while there is none."""
    base = access_url(session, config)
    if base is None:
        raise LookupError("setup has not finished, so there is no access URL yet")
    return Links(base)


def change_access_url(
    session: Session, new: AccessUrl, *, version: int, now: datetime, actor: Actor
) -> None:
    """Store another access URL and audit it. Raises :class:`StaleEdit`."""
    install = current(session)
    if install is None or install.access_url == new.url:
        return
    old = install.access_url
    changed = session.execute(
        update(Install)
        .where(Install.id == INSTALL_ID, Install.access_url_version == version)
        .values(access_url=new.url, access_url_version=version + 1)
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
