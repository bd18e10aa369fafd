"""/admin/system/links: a link for somebody, shown while mail does not go out."""

from __future__ import annotations

from flask import render_template, request, url_for

from app.accounts.forms import HandLinkForm, typed
from app.accounts.handed_links import BY_ONE_PERSON, FOR_ONE_PERSON, CannotBeHandedOver, What, make
from app.accounts.sessions import person
from app.accounts.views import blueprint
from app.mailer.summary import Prospect, current_prospect
from app.runtime import runtime
from app.throttle import TooMany
from app.web.context import actor, db
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.later import seconds_until, when

PATH = "/admin/system/links"


@blueprint.get(PATH, endpoint="hand_link")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_for_whom() -> str:
    _only_while_mail_waits()
    what = request.args.get("what", What.PASSWORD)
    form = HandLinkForm(
        formdata=None, email=request.args.get("email", ""), what=_known(what) or What.PASSWORD
    )
    return _page(form)


@blueprint.post(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def show_link() -> str | tuple[str, int]:
    """Shown once, so it is the answer itself and no page that could be opened again."""
    _only_while_mail_waits()
    form, now = HandLinkForm(), runtime().now()
    if not form.validate():
        return _page(form), 422
    try:
        shown = make(
            db(),
            runtime(),
            address=form.email.address,
            what=What(typed(form.what)),
            maker=person(),
            now=now,
            actor=actor(),
        )
    except CannotBeHandedOver as refused:
        form.email.errors = [str(refused)]
        return _page(form), 422
    except TooMany as refused:
        raise Refusal(
            429,
            "No link was made: too many already",
            f"At most {FOR_ONE_PERSON.most} are made for one person within a day, and"
            f" {BY_ONE_PERSON.most} by one administrator.",
            f"The next one can be made {when(refused.retry_at, now)}.",
            PATH,
            "Back",
            {"Retry-After": str(seconds_until(refused.retry_at, now))},
        ) from None
    db().commit()
    return render_template("accounts/handed_link.html", shown=shown, what=typed(form.what))


def _page(form: HandLinkForm) -> str:
    return render_template("accounts/hand_link.html", form=form)


def _known(what: str) -> What | None:
    return next((known for known in What if known == what), None)


def _only_while_mail_waits() -> None:
    if current_prospect() is Prospect.GOES:
        raise Refusal(
            409,
            "No link was made: mail goes out",
            "Links are handed over by hand only while mail does not go out, because a mail shows"
            " that the address belongs to whoever opens it.",
            "Let the person ask for a link on the sign-in page.",
            url_for("accounts.administrators"),
            "Back to the administrators",
        )
