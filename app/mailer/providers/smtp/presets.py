"""Services that people send through by SMTP: what to fill in, and what they call user and password.

Data only. Every line has its source; one without is not added, however plausible it looks.
"""

from __future__ import annotations

from app.mailer.providers.base import Preset

PRESETS = (
    # support.google.com/a/answer/2956491
    Preset("google-relay", "Google Workspace SMTP relay", "smtp-relay.gmail.com", 587,
           login="Leave both empty where the relay admits this server’s address; else a full"
                 " address and an app password. Set a greeting name under Advanced."),
    # twilio.com/docs/sendgrid: SMTP integration
    Preset("sendgrid", "SendGrid", "smtp.sendgrid.net", 587, username="apikey",
           login="The user name is the word apikey; the password is an API key, SG.…"),
    # Home Assistant issue 174821, smtptester.org
    Preset("mailgun", "Mailgun (US)", "smtp.mailgun.org", 587,
           login="The full SMTP login such as postmaster@your-domain, and its own SMTP password:"
                 " not the API key."),
    Preset("mailgun-eu", "Mailgun (EU)", "smtp.eu.mailgun.org", 587,
           login="The full SMTP login such as postmaster@your-domain, and its own SMTP password:"
                 " not the API key."),
    # postmarkapp.com: sending with SMTP; there is no port 465
    Preset("postmark", "Postmark", "smtp.postmarkapp.com", 587,
           login="The server’s API token, as user name and as password."),
    # developers.brevo.com: SMTP relay
    Preset("brevo", "Brevo", "smtp-relay.brevo.com", 587,
           login="The SMTP login that the dashboard shows, and an SMTP key: not the API key."),
    # resend.com/docs/send-with-smtp
    Preset("resend", "Resend", "smtp.resend.com", 587, username="resend",
           login="The user name is the word resend; the password is an API key, re_…"),
    # the vendor's Ruby library, Google Cloud's guide
    Preset("mailjet", "Mailjet", "in-v3.mailjet.com", 587,
           login="The API key as user name, the secret key as password."),
    # copies of Zoho's page on SMTP; accounts live in one data centre each
    Preset("zoho", "Zoho Mail (US data centre)", "smtppro.zoho.com", 587,
           login="The full address; with two-factor sign-in an app password. Accounts of another"
                 " data centre use its ending, such as smtppro.zoho.eu; personal ones"
                 " smtp.zoho.com."),
    # fastmail.com by xenocept.com; 465 is what Fastmail prefers
    Preset("fastmail", "Fastmail", "smtp.fastmail.com", 465,
           login="The full address, and always an app password."),
    # nodemailer's list of services
    Preset("smtp2go", "SMTP2GO", "mail.smtp2go.com", 2525,
           login="The SMTP user and its password."),
    # proton.me/support/smtp-submission
    Preset("proton", "Proton Mail (SMTP token)", "smtp.protonmail.ch", 587,
           login="The address of your own domain, and an SMTP token. Only some plans have tokens."),
    Preset("proton-bridge", "Proton Mail Bridge", "127.0.0.1", 1025,
           login="The user name and password that the Bridge shows. Its certificate is its own:"
                 " check the connection, and trust its key with one press."),
    # github.com/axllent/mailpit: SMTP listens on 1025
    Preset("mailpit", "Mailpit (development)", "127.0.0.1", 1025, secure=False,
           login="None. Mail is caught there and reaches nobody."),
)  # fmt: skip
