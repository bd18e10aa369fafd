"""Amazon SES over its SMTP interface."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mailer.limits import Limits
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.credentials import password_problems
from app.mailer.providers.ses.advice import ADVICE
from app.mailer.providers.ses.regions import OTHER, REGIONS, WITHOUT_SMTP, host_of, region_in
from app.mailer.settings import DEFAULT_PORT, Settings

PORTS = (25, 465, 587, 2465, 2587)
_ACCESS_KEY_ID = re.compile(r"AKIA[A-Z0-9]{16}")
_SECRET_ACCESS_KEY = re.compile(r"[A-Za-z0-9/+=]{40}")
# The bytes 04 and a SHA-256 digest in base64 (AWS, "Obtaining Amazon SES SMTP credentials").
_SMTP_PASSWORD = re.compile(r"B[A-P][A-Za-z0-9+/]{42}")


class Ses(Provider):
    value = "ses"
    title = "Amazon SES"
    summary = "SES over its SMTP interface"
    about = (
        "Create the credential pair in the SES console under SMTP settings, in the region you"
        " choose here: it works in no other region, and IAM access keys do not work at all.",
    )
    needs_password = True
    advice = ADVICE
    # What an account is allowed a second when it leaves the sandbox; Amazon raises it on request.
    limits = Limits(messages=14, seconds=1)

    def defaults(self) -> Settings:
        return Settings(self.value, port=DEFAULT_PORT)

    def host(self, settings: Settings) -> str | None:
        return settings.host or (host_of(settings.region) if settings.region else None)

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        yield from password_problems(typed)
        yield from self.relay_problems(settings)
        yield from _region_problems(settings)
        username = settings.username or ""
        if username.startswith("ASIA"):
            yield Remark(
                "username",
                "This is a temporary key (it begins with ASIA); SES takes none of those over"
                " SMTP. Create SMTP credentials under SES, SMTP settings.",
            )
        elif "@" in username:
            yield Remark(
                "username",
                "SES does not log in with an address. Its SMTP user name begins with AKIA and"
                " stands in the credentials you downloaded.",
            )
        if typed is not None and _SECRET_ACCESS_KEY.fullmatch(typed.reveal()):
            yield Remark(
                "password",
                "This looks like an IAM secret access key, which SES does not accept over SMTP."
                " Create SMTP credentials in the SES console under SMTP settings and paste"
                " their password; it has 44 characters and begins with B.",
            )

    def hints(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        if settings.username and not _ACCESS_KEY_ID.fullmatch(settings.username):
            yield Remark("username", "SES SMTP user names have 20 characters and begin with AKIA.")
        if typed is not None and not _SMTP_PASSWORD.fullmatch(typed.reveal()):
            yield Remark(
                "password",
                "SES SMTP passwords have 44 characters and begin with B. Check that all of it"
                " was pasted, or make new credentials if these are from before 2019.",
            )
        if settings.port not in PORTS:
            yield Remark("port", "SES listens on 587, 2587, 25, 465 and 2465.")
        elif settings.port == 25:
            yield Remark("port", "Amazon throttles port 25 from its own machines. Use 587 or 2587.")
        named = region_in(settings.host or "")
        if named and settings.region and named != settings.region:
            yield Remark(
                "host", f"This host is in {named}, and credentials of {settings.region} fail there."
            )

    def owns(self, host: str) -> bool:
        return region_in(host) is not None

    def relay_problems(self, settings: Settings) -> Iterator[Remark]:
        return _mail_manager_problems(settings)

    def region_in(self, host: str) -> str | None:
        return region_in(host)

    def region_chosen(self, region: str | None) -> str | None:
        return region if region != OTHER else None


def _mail_manager_problems(settings: Settings) -> Iterator[Remark]:
    """Amazon's Mail Manager takes mail in; it does not send any out."""
    if (settings.host or "").endswith(".mail-manager-smtp.amazonaws.com"):
        yield Remark(
            "host",
            "This is a Mail Manager ingress endpoint: it receives mail for you and delivers"
            " none to others. Use the SES SMTP endpoint of your region.",
        )
    if (settings.username or "").startswith("inp-"):
        yield Remark(
            "username",
            "This user name belongs to a Mail Manager ingress endpoint, which only receives."
            " Create SMTP credentials under SES, SMTP settings.",
        )


def _region_problems(settings: Settings) -> Iterator[Remark]:
    region = settings.region or ""
    if region == OTHER and not settings.host:
        yield Remark("host", "Type the SMTP host of your region, or of your VPC endpoint.")
    elif region in WITHOUT_SMTP and not settings.host:
        yield Remark(
            "region",
            f"SES in {WITHOUT_SMTP[region]} has no SMTP endpoint. Choose another region that"
            " your identity is verified in.",
        )
    elif region and region != OTHER and region not in REGIONS and not settings.host:
        yield Remark(
            "region",
            "No SMTP endpoint of SES is known in this region. If Amazon has opened one, choose"
            " “Another region” and type its host.",
        )
