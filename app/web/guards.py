"""Who may: permissions, and the decorators that ask for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from flask import redirect, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.web.errors import STANDARD, Refusal

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """What a role may do. ``SystemConfigure`` is the install administrator's."""

    SYSTEM_CONFIGURE = "SystemConfigure"


@dataclass(frozen=True)
class Denial:
    """Why a person may not, in words for that person."""

    title: str
    cause: str
    next_step: str
    action_path: str = "/"
    action_label: str = "Go to the start page"

    def as_refusal(self) -> Refusal:
        return Refusal(
            403, self.title, self.cause, self.next_step, self.action_path, self.action_label
        )


NOT_YOURS = Denial(*STANDARD[403])


def to_login() -> Response:
    """To the login page, and back here afterwards when this request could be repeated."""
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    if target == "/":
        target = None
    return redirect(url_for("accounts.login", next=target), 303)


def still_has(permission: Permission) -> Callable[[Session], bool]:
    """Asks in a later transaction whether the person of this request has the permission then: what
    takes a while is only done for who may still do it, and who may keeps it until the commit."""
    kind, user_id = type(current_user._get_current_object()), int(current_user.id)

    def asked(session: Session) -> bool:
        person = session.get(kind, user_id, populate_existing=True, with_for_update={"read": True})
        return person is not None and person.denial(permission) is None

    return asked


def signed_in(view: View) -> View:
    """Only for people who are signed in; others go to the login page."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return to_login()
        return view(*args, **kwargs)

    return guarded  # type: ignore[return-value]


def requires(permission: Permission) -> Callable[[View], View]:
    """Only for people with this permission: 403 with the reason, the login page for visitors.

    The user object answers ``denial(permission)`` with ``None`` or a :class:`Denial`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return to_login()
            denial = current_user.denial(permission)
            if denial is not None:
                raise denial.as_refusal()
            return view(*args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate
