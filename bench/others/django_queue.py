"""django-post_office on SQLite or PostgreSQL, run by a Python that has it.

``python django_queue.py DATABASE PORT FILE COUNT CONNECTIONS`` queues the message in FILE so many
times, delivers it as its command does, and prints the seconds that the delivery took.

``DATABASE`` is a file, or ``postgresql://…``.
"""

from __future__ import annotations

import email
import email.policy
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command


def database(where: str) -> dict[str, object]:
    if not where.startswith("postgresql"):
        options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"}
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 30}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": where, "OPTIONS": options}
    parts = urlsplit(where)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "HOST": parts.hostname,
        "PORT": parts.port or 5432,
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "OPTIONS": {"options": "-csearch_path=" + parts.fragment},
    }


def main() -> None:
    where, port, file, count, connections = sys.argv[1:]
    settings.configure(
        SECRET_KEY="bench",
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DATABASES={"default": database(where)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(port),
        USE_TZ=True,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        POST_OFFICE={
            "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
            "THREADS_PER_PROCESS": int(connections),
            "LOG_LEVEL": 2,  # what became of each mail is kept, as ours does
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from post_office.models import PRIORITY, STATUS, Email

    message = email.message_from_bytes(Path(file).read_bytes(), policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    Email.objects.bulk_create(
        [
            Email(
                from_email="novantra@acme.test",
                to=[f"p{number}@acme.test"],
                subject=message["Subject"],
                message=text.get_content(),
                html_message=html.get_content(),
                status=STATUS.queued,
                priority=PRIORITY.medium,
                backend_alias="default",
            )
            for number in range(int(count))
        ],
        batch_size=500,
    )
    began = time.perf_counter()
    call_command("send_queued_mail", processes=1, log_level=2, lockfile=f"{file}.lock")
    print(time.perf_counter() - began)
    assert Email.objects.filter(status=STATUS.sent).count() == int(count)


if __name__ == "__main__":
    main()
