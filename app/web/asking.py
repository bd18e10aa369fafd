"""A page that asks before something is done that cannot be taken back, without scripts."""

from __future__ import annotations

from flask import render_template


def ask(
    question: str,
    text: str,
    *,
    yes: str,
    back: str,
    no: str = "Cancel",
    crumb: str = "",
    danger: bool = True,
) -> str:
    """The page. Its form posts to the address it was opened under.

    :param yes: the button that does it
    :param back: the address of the page that ``no`` leads back to
    :param crumb: what that page is called, shown above the question
    :param danger: whether something ends by it
    """
    return render_template(
        "layouts/ask.html",
        question=question,
        text=text,
        yes=yes,
        back=back,
        no=no,
        crumb=crumb,
        danger=danger,
    )
