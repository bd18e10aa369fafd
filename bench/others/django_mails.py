"""Mails and invitations written in Django, run by a Python that has it and django-post_office.

``python django_mails.py make DATABASE COUNT`` renders so many invitations from templates, makes an
``EmailMultiAlternatives`` of each and saves its bytes: one by one, then all with ``bulk_create``.
Prints the CPU seconds of both.

``python django_mails.py invite DATABASE PORT COUNT CONNECTIONS`` reads so many addresses from a
text, leaves out who is a member or invited, writes invitations and their mails with ``bulk_create``
and delivers them as django-post_office's command does. Prints the seconds until all are written,
those until all are sent, and the CPU seconds.

``DATABASE`` is a file, or ``postgresql://…``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django_queue import database

OURS = Path(__file__).parent.parent.parent / "app" / "templates" / "email"
BODY = """{% extends "base.html" %}
{% block preheader %}The link works once, until {{ until }}.{% endblock %}
{% block content %}
<h1 class="n-ink" style="margin:0;font-size:22px;line-height:1.3;letter-spacing:-.01em;color:#171a21">Join {{ organization }}</h1>
<p class="n-soft" style="margin:12px 0 0;color:#3b424f">{{ inviter }} invites you to join {{ organization }} on Novantra as {% if role == "admin" %}an admin{% else %}a member{% endif %}. Open this link to accept; it works once, until <b>{{ until }}</b>.</p>
<table role="presentation" cellpadding="0" cellspacing="0" style="margin:22px 0 0"><tr><td class="n-button" style="background:#2b50d8;border-radius:8px"><a class="n-button" href="{{ link }}" style="display:inline-block;padding:12px 22px;border-radius:8px;background:#2b50d8;color:#ffffff;font-weight:600;text-decoration:none">Accept the invitation</a></td></tr></table>
<p class="n-soft" style="margin:22px 0 0;font-size:14px;color:#4a5261">Or copy this address into your browser:<br><a class="n-link" href="{{ link }}" style="color:#2b50d8;word-break:break-all">{{ link }}</a></p>
<p class="n-soft" style="margin:12px 0 0;font-size:14px;color:#4a5261">The invitation is for {{ email }} alone. If you have no account yet, you choose a name and a password there.</p>
{% endblock %}
{% block why %}You do not know {{ inviter }} or {{ organization }}? Ignore this mail: without you opening the link nothing happens.{% endblock %}
"""  # noqa: E501 - as ours is
TEXT = """{% autoescape off %}{% filter wordwrap:72 %}{{ inviter }} invites you to join {{ organization }} on Novantra as {% if role == "admin" %}an admin{% else %}a member{% endif %}. Open this link to accept; it works once, until {{ until }}:{% endfilter %}

{{ link }}

{% filter wordwrap:72 %}The invitation is for {{ email }} alone. If you have no account yet, you choose a name and a password there.{% endfilter %}

{% filter wordwrap:72 %}You do not know {{ inviter }} or {{ organization }}? Ignore this mail: without you opening the link nothing happens.{% endfilter %}

--
Novantra at {{ organization }}, {{ host }}
{% endautoescape %}"""  # noqa: E501
SUBJECT = "{{ inviter }} invites you to join {{ organization }}"


def frame() -> str:
    """Our own frame of every mail, as Django writes conditions and remarks."""
    html = re.sub(r"\{#-.*?-#\}", "", (OURS / "_base.html").read_text(), flags=re.DOTALL)
    return re.sub(r"(\w+) is defined and \1", r"\1", html)


def configure(where: str, port: int = 25, connections: int = 1) -> None:
    templates = {"base.html": frame(), "body.html": BODY, "body.txt": TEXT, "subject.txt": SUBJECT}
    loader = "django.template.loaders"
    loaders = [(f"{loader}.cached.Loader", [(f"{loader}.locmem.Loader", templates)])]
    settings.configure(
        SECRET_KEY="bench",
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DATABASES={"default": database(where)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        USE_TZ=True,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": loaders},
            }
        ],
        POST_OFFICE={
            "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
            "THREADS_PER_PROCESS": connections,
            "LOG_LEVEL": 2,  # what became of each mail is kept, as ours does
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)


def words(email: str, until: Any) -> tuple[str, str, str, str]:
    """Subject, text, HTML, and the secret of the link."""
    from django.template.loader import render_to_string

    secret = secrets.token_urlsafe(32)
    context = {
        "organization": "Acme",
        "inviter": "Bo Boss",
        "role": "member",
        "email": email,
        "link": f"https://hr.acme.test/invitations/{secret}",
        "until": f"{until:%H:%M} UTC on {until.day} {until:%B %Y}",
        "host": "hr.acme.test",
    }
    subject, text, html = (
        render_to_string(name, context) for name in ("subject.txt", "body.txt", "body.html")
    )
    return subject, text, html, secret


def tables() -> tuple[Any, Any, Any]:
    """Tables of invitations, members and saved mails."""
    from django.db import connection, models

    class Invitation(models.Model):
        email = models.CharField(max_length=320, unique=True)
        role = models.CharField(max_length=12)
        token_hash = models.CharField(max_length=64, unique=True)
        created_at = models.DateTimeField()
        expires_at = models.DateTimeField()

        class Meta:
            app_label = "bench"

    class Member(models.Model):
        email = models.CharField(max_length=320, unique=True)

        class Meta:
            app_label = "bench"

    class Saved(models.Model):
        recipient = models.CharField(max_length=320, db_index=True)
        state = models.CharField(max_length=12, db_index=True)
        created_at = models.DateTimeField(db_index=True)
        expires_at = models.DateTimeField()
        content = models.BinaryField()

        class Meta:
            app_label = "bench"

    with connection.schema_editor() as editor:
        for model in (Invitation, Member, Saved):
            editor.create_model(model)
    return Invitation, Member, Saved


def make(count: int) -> None:
    from django.core.mail import EmailMultiAlternatives
    from django.db import transaction
    from django.utils import timezone

    _, _, saved = tables()

    def one(number: int) -> Any:
        to, now = f"p{number}@else.test", timezone.now()
        until = now + timedelta(days=7)
        subject, text, html, _ = words(to, until)
        mail = EmailMultiAlternatives(subject, text, "Acme <novantra@acme.test>", [to])
        mail.attach_alternative(html, "text/html")
        content = mail.message().as_bytes()
        return saved(
            recipient=to, state="queued", created_at=now, expires_at=until, content=content
        )

    one(0)
    began = time.process_time()
    with transaction.atomic():
        for number in range(count):
            one(number).save()
    single, began = time.process_time() - began, time.process_time()
    with transaction.atomic():
        saved.objects.bulk_create([one(number) for number in range(count)], batch_size=500)
    print(single, time.process_time() - began)


def invite(count: int) -> None:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email
    from django.db import transaction
    from django.utils import timezone
    from post_office.models import PRIORITY, STATUS, Email

    invitations, members, _ = tables()
    pasted = "\n".join(f"p{number}@else.test" for number in range(count))
    began, cpu = time.perf_counter(), time.process_time()
    listed: dict[str, None] = {}
    for line in pasted.splitlines():
        try:
            validate_email(line.strip())
        except ValidationError:
            continue
        listed.setdefault(line.strip().lower())
    emails = list(listed)
    with transaction.atomic():
        known: set[str] = set()
        for start in range(0, len(emails), 500):
            some = emails[start : start + 500]
            for model in (invitations, members):
                known |= set(model.objects.filter(email__in=some).values_list("email", flat=True))
        now = timezone.now()
        until = now + timedelta(days=7)
        made, mails = [], []
        for email in emails:
            if email in known:
                continue
            subject, text, html, secret = words(email, until)
            made.append(
                invitations(
                    email=email,
                    role="member",
                    token_hash=hashlib.sha256(secret.encode()).hexdigest(),
                    created_at=now,
                    expires_at=until,
                )
            )
            mails.append(
                Email(
                    from_email="Acme <novantra@acme.test>",
                    to=[email],
                    subject=subject,
                    message=text,
                    html_message=html,
                    expires_at=until,
                    status=STATUS.queued,
                    priority=PRIORITY.medium,
                    backend_alias="default",
                )
            )
        invitations.objects.bulk_create(made, batch_size=500)
        Email.objects.bulk_create(mails, batch_size=500)
    written = time.perf_counter() - began
    lock = Path(sys.argv[0]).with_name(f".{secrets.token_hex(4)}.lock")
    call_command("send_queued_mail", processes=1, log_level=2, lockfile=str(lock))
    print(written, time.perf_counter() - began, time.process_time() - cpu)
    assert Email.objects.filter(status=STATUS.sent).count() == count


def main() -> None:
    what, where, *rest = sys.argv[1:]
    if what == "make":
        configure(where)
        make(int(rest[0]))
    else:
        port, count, connections = map(int, rest)
        configure(where, port, connections)
        invite(count)


if __name__ == "__main__":
    main()
