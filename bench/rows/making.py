"""Making a mail: render, build, check, seal, insert. CPU for each, so that the disk has no say.

Ours is an invitation in the outbox. The peer renders the same mail from a template in Django, makes
an ``EmailMultiAlternatives`` of it and saves its bytes, without a seal or a second look at the
header. By itself, and together with others as a list of invitations is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from app.accounts.tokens import new_secret
from app.mail.addresses import Address
from app.outbox.queue import Letter, enqueue_all
from bench import others
from bench.figures import Figure, slower
from bench.rows.draining import HERE
from bench.setting import Bench, Installed, installed, peer_database, printed

MAILS = 2_000
STEP = 100
ALIKE = "rendered once for all that differ in address, link and moment alone"
BY_ITSELF = (
    "asks for each what is in force (sender, links, a pause), which Django reads from its settings:"
    " a statement more, and a seal"
)
UNLIKE = "another organization’s name in each, so that each is rendered and its header parsed anew"


def run(bench: Bench) -> Iterable[Figure]:
    number = bench.so_many(MAILS)
    with installed(bench.folder_for("ours"), 25) as install:
        alone = _cpu(install, number, 1, lambda _each: "Acme")
        together = _cpu(install, number, STEP, lambda _each: "Acme")
        unlike = _cpu(install, number, STEP, lambda each: f"Acme {each}")
    with peer_database(bench.folder_for("django"), "SQLite") as where:
        single, bulk = printed(
            [others.python(), HERE / "django_mails.py", "make", where, str(number)]
        )
    one, all_of_them = "Django, EmailMultiAlternatives, save()", "the same with bulk_create"
    for what, ours, beside, theirs, at_most, why in (
        ("a mail by itself", alone, one, single, 0.33, BY_ITSELF),
        (f"a mail of {STEP} together", together, all_of_them, bulk, 0.33, ALIKE),
        (f"a mail of {STEP} unlike ones", unlike, all_of_them, bulk, None, UNLIKE),
    ):
        yield slower(
            f"making {what}, CPU, SQLite",
            ours / number * 1000,
            beside,
            theirs / number * 1000,
            at_most=at_most,
            why=why,
        )


def _cpu(install: Installed, number: int, step: int, name: Callable[[int], str]) -> float:
    """Seconds for so many, in one transaction, ``step`` at a time."""
    runtime = install.runtime
    until = runtime.now() + timedelta(days=7)
    enqueued = 0
    with runtime.database.transaction() as session:
        for warm in (True, False):
            began = time.process_time()
            for start in range(0, step if warm else number, step):
                letters = [_letter(each, name(each), until) for each in range(start, start + step)]
                enqueued += len(enqueue_all(session, runtime, letters))
    return (time.process_time() - began) * number / (enqueued - step)


def _letter(number: int, organization: str, until: object) -> Letter:
    address = Address.parse(f"p{number}@else.test")
    link = f"https://hr.acme.test/invitations/{new_secret()}"
    words = {"organization": organization, "inviter": "Bo Boss", "role": "member"}
    about = {"email": address.text, "link": link, "until": until, "handed_over": False}
    return Letter("invitation", address, words | about)
