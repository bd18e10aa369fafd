"""Every page that the first administrator finds in a new sovereign install."""

from __future__ import annotations

CONSOLE = (
    "/admin/system",
    "/admin/system/mailer",
    "/admin/system/mailer?provider=ses",
    "/admin/system/mailer/earlier",
    "/admin/system/mailer/explain",
    "/admin/system/mail-activity",
    "/admin/system/mail-activity/over-time",
    "/admin/system/mail-templates",
    "/admin/system/mail-templates/password-reset",
    "/admin/system/mail-templates/invitation?view=text",
    "/admin/system/alerts",
    "/admin/system/access-urls",
    "/admin/system/time-zone",
    "/admin/system/administrators",
    "/admin/system/audit",
    "/organizations/acme/members",
    "/account",
    "/account/email",
    "/account/password",
)
