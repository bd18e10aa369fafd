"""The mail configuration and its health, as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.database import NEVER_REUSED, Base, JsonColumn, RowId, UtcDateTime
from app.mail.failures import Failure
from app.mailer.failure_columns import failure_in


class MailerConfiguration(Base):
    """The install's one mail configuration. No row means that mail is pending."""

    __tablename__ = "mailer_configuration"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    version: Mapped[int] = mapped_column(default=1)
    provider: Mapped[str] = mapped_column(String(20))
    sender_address: Mapped[str] = mapped_column(String(320))
    sender_name: Mapped[str] = mapped_column(String(64), default="")
    host: Mapped[str | None] = mapped_column(String(253))
    port: Mapped[int | None]
    secure: Mapped[bool] = mapped_column(default=True)
    encryption: Mapped[str] = mapped_column(String(10), default="auto", server_default="auto")
    username: Mapped[str | None] = mapped_column(String(320))
    login_method: Mapped[str] = mapped_column(
        String(20), default="password", server_default="password"
    )
    cloud: Mapped[str | None] = mapped_column(String(20))
    tenant_id: Mapped[str | None] = mapped_column(String(255))
    client_id: Mapped[str | None] = mapped_column(String(255))
    client_credential: Mapped[str | None] = mapped_column(String(12))
    # A date in ISO 8601, as somebody typed it.
    client_secret_ends: Mapped[str | None] = mapped_column(String(10))
    # The one secret there is: a password, or what the login method has in its place.
    password_sealed: Mapped[str | None] = mapped_column(Text)
    # The public half, in PEM, of a key that was made here.
    certificate: Mapped[str | None] = mapped_column(Text)
    certificate_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Its key is gone for good; the password must be typed again.
    password_lost: Mapped[bool] = mapped_column(default=False, server_default=false())
    ignore_tls_errors: Mapped[bool] = mapped_column(default=False)
    # Whose certificates count, and what else must be right about them: app.mail.trust.
    trust: Mapped[str] = mapped_column(String(16), default="system", server_default="system")
    ca_certificates: Mapped[str | None] = mapped_column(Text)
    certificate_pin: Mapped[str | None] = mapped_column(String(100))
    # What the relay is shown in turn: a certificate in PEM, and its key. Without the key, that one
    # is lost, and must be pasted again.
    client_certificate: Mapped[str | None] = mapped_column(Text)
    client_key_sealed: Mapped[str | None] = mapped_column(Text)
    connection_timeout: Mapped[int] = mapped_column(default=10)
    region: Mapped[str | None] = mapped_column(String(32))
    ehlo_name: Mapped[str | None] = mapped_column(String(255))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(RowId)
    updated_by: Mapped[str] = mapped_column(String(320))


class MailerVersion(Base):
    """A configuration as it was saved, without its secret, and what came of it.

    ``settings`` holds the fields of :class:`app.mailer.settings.Settings` by name, ``secrets`` the
    names of those that were stored with it. ``secret_changes`` is what the save did to each, as the
    audit log says it, and ``None`` where nobody knows. ``way`` is through what it was saved, where
    that is known.

    ``sent`` are mails that a relay took, ``failed`` attempts that did not get there. ``counted`` is
    false where it was noted only after it was saved, so that there may have been more.
    """

    __tablename__ = "mailer_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[list[str]] = mapped_column(JsonColumn)
    secret_changes: Mapped[dict[str, Any] | None]
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[int | None] = mapped_column(RowId)
    saved_by: Mapped[str] = mapped_column(String(320))
    way: Mapped[str | None] = mapped_column(String(12))
    # The version whose settings these are again.
    restores: Mapped[int | None]
    counted: Mapped[bool]
    sent: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    failed: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    test_passed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailerEnvironment(Base):
    """What the environment owned when a process last noted it. One row, or none before that.

    ``version`` stands for it and is empty where it owns nothing any more; ``alone`` says that
    nothing of :class:`MailerConfiguration` counts beside it. ``fingerprint`` of all and
    ``secret_fingerprints`` by field are the id of a key and a keyed digest: no secret is stored.
    ``values_now`` has the rest by field, ``began_at`` is when the process that noted it began.
    """

    __tablename__ = "mailer_environment"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    version: Mapped[int | None]
    alone: Mapped[bool] = mapped_column(default=False, server_default=false())
    fingerprint: Mapped[str | None] = mapped_column(String(140))
    secret_fingerprints: Mapped[dict[str, str]] = mapped_column(JsonColumn)
    values_now: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailHealth(Base):
    """How real sends fare, and apart from them the last test. One row."""

    __tablename__ = "mail_health"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_success_kind: Mapped[str | None] = mapped_column(String(40))
    # The configuration version each fact is about: it says nothing about another one.
    last_success_version: Mapped[int | None]
    consecutive_failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_code: Mapped[str | None] = mapped_column(String(32))
    last_failure_phase: Mapped[str | None] = mapped_column(String(16))
    last_failure_reply_code: Mapped[int | None]
    last_failure_enhanced_code: Mapped[str | None] = mapped_column(String(12))
    last_failure: Mapped[Failure | None] = failure_in("last_failure_")
    last_failure_version: Mapped[int | None]
    # Mails refused for good since the last success; ``refusals_counted`` of them are failures.
    refusals_in_a_row: Mapped[int] = mapped_column(default=0, server_default="0")
    refusals_counted: Mapped[int] = mapped_column(default=0, server_default="0")
    refused_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusals_version: Mapped[int | None]
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_code: Mapped[str | None] = mapped_column(String(32))
    pause_phase: Mapped[str | None] = mapped_column(String(16))
    pause_reply_code: Mapped[int | None]
    pause_enhanced_code: Mapped[str | None] = mapped_column(String(12))
    pause_failure: Mapped[Failure | None] = failure_in("pause_")
    # A person who paused by hand, and why; a pause by the worker has a code instead.
    paused_by: Mapped[str | None] = mapped_column(String(320))
    pause_why: Mapped[str | None] = mapped_column(String(300))
    # What failed before somebody resumed says nothing about what comes after.
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_test_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_test_to: Mapped[str | None] = mapped_column(String(320))
    # The configuration version the result is about: another one makes it stale.
    last_test_version: Mapped[int | None]
    last_test_code: Mapped[str | None] = mapped_column(String(32))
    last_test_phase: Mapped[str | None] = mapped_column(String(16))
    last_test_reply_code: Mapped[int | None]
    last_test_enhanced_code: Mapped[str | None] = mapped_column(String(12))
    last_test_failure: Mapped[Failure | None] = failure_in("last_test_")
    last_test_ms: Mapped[int | None]
    last_test_passed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What the mail said, so that nobody takes another for it, and what somebody answered.
    last_test_phrase: Mapped[str | None] = mapped_column(String(40))
    last_test_arrived: Mapped[bool | None]
    last_test_answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailCanary(Base):
    """The hourly look at the relay, and the daily mail. One row.

    ``failures`` counts failed looks in a row of one configuration. ``mail_to`` gets a real mail a
    day; ``mail_at`` is when the last one was asked for.
    """

    __tablename__ = "mail_canary"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int | None]
    code: Mapped[str | None] = mapped_column(String(32))
    phase: Mapped[str | None] = mapped_column(String(16))
    reply_code: Mapped[int | None]
    enhanced_code: Mapped[str | None] = mapped_column(String(12))
    failure: Mapped[Failure | None] = failure_in()
    milliseconds: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    passed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mail_to: Mapped[str | None] = mapped_column(String(320))
    mail_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailerTokens(Base):
    """The tokens of the configuration, and how asking for them went. One row.

    ``destination`` is what they are for, as :class:`app.mailer.destination.Destination` writes it.
    ``fence`` counts whoever changed the row; one that renews holds ``lease_until``.
    """

    __tablename__ = "mailer_tokens"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    destination: Mapped[str] = mapped_column(Text, default="", server_default="")
    refresh_sealed: Mapped[str | None] = mapped_column(Text)
    access_sealed: Mapped[str | None] = mapped_column(Text)
    access_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    connected_as: Mapped[str | None] = mapped_column(String(320))
    connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How the last try to get a token failed; empty after one that did not.
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_code: Mapped[str | None] = mapped_column(String(32))
    failed_chip: Mapped[str | None] = mapped_column(String(40))
    # Before then the service is not asked again for what it could not do just now.
    ask_again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignIn(Base):
    """A sign-in that somebody began and that goes on at the provider: it is good for one use.

    ``secret_sealed`` is the PKCE verifier, or the device code. ``state_digest`` and
    ``browser_digest`` are SHA-256 in hexadecimal; a device sign-in has no state.
    """

    __tablename__ = "mailer_sign_ins"
    __table_args__ = (Index("ix_mailer_sign_ins_created_at", "created_at"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    method: Mapped[str] = mapped_column(String(20))
    state_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    browser_digest: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(RowId)
    destination: Mapped[str] = mapped_column(Text)
    secret_sealed: Mapped[str | None] = mapped_column(Text)
    redirect: Mapped[str | None] = mapped_column(String(300))
    user_code: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(200))
    interval_seconds: Mapped[int | None]
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailTrial(Base):
    """What was tried of the relay beside the mail of the queue: a test mail, or a canary's look.

    A look has no recipient, and nobody asked for it. ``phrase``, ``arrived`` and ``answered_at`` as
    in :class:`MailHealth`, which keeps the last of each.
    """

    __tablename__ = "mail_trials"
    __table_args__ = (
        Index("ix_mail_trials_what_id", "what", "id"),
        Index("ix_mail_trials_at", "at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # ``test`` or ``look``.
    what: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]
    milliseconds: Mapped[int]
    code: Mapped[str | None] = mapped_column(String(32))
    phase: Mapped[str | None] = mapped_column(String(16))
    reply_code: Mapped[int | None]
    enhanced_code: Mapped[str | None] = mapped_column(String(12))
    failure: Mapped[Failure | None] = failure_in()
    # A person's name, or who else asked.
    asked_by: Mapped[str | None] = mapped_column(String(320))
    rcpt_to: Mapped[str | None] = mapped_column(String(320))
    rcpt_key: Mapped[str | None] = mapped_column(String(320))
    rcpt_domain: Mapped[str | None] = mapped_column(String(255))
    phrase: Mapped[str | None] = mapped_column(String(40))
    arrived: Mapped[bool | None]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
