"""The PowerShell lines that an Exchange administrator runs, with the names of this configuration.

Sources: learn.microsoft.com "Authenticate an IMAP, POP or SMTP connection using OAuth", "Enable or
disable SMTP AUTH in Exchange Online", "Role Based Access Control for Applications in Exchange
Online", and the reference of Connect-ExchangeOnline and Connect-MgGraph for the clouds' names.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.mail.oauth.services import Cloud

CLIENT_ID, MAILBOX, SENDER = "<client ID>", "<mailbox>", "<sender>"
"""What stands in a line until somebody has typed the real one."""

_QUOTES = "'\u2018\u2019\u201a\u201b"
"""PowerShell takes each of these for the end of a quoted text (about_Quoting_Rules)."""

_EXCHANGE = {
    Cloud.US_GOV_HIGH: " -ExchangeEnvironmentName O365USGovGCCHigh",
    Cloud.US_DOD: " -ExchangeEnvironmentName O365USGovDoD",
    Cloud.CHINA: " -ExchangeEnvironmentName O365China",
}
_GRAPH = {
    Cloud.US_GOV_HIGH: " -Environment USGov",
    Cloud.US_DOD: " -Environment USGovDoD",
    Cloud.CHINA: " -Environment China",
}


def quoted(text: str) -> str:
    """A PowerShell text that stands for itself, whatever is in it."""
    for quote in _QUOTES:
        text = text.replace(quote, quote * 2)
    return f"'{text}'"


@dataclass(frozen=True)
class Lines:
    """The lines for one configuration. What is missing stands there as a name in angle brackets."""

    cloud: Cloud
    client_id: str
    mailbox: str
    sender: str

    def blank(self) -> Lines:
        """The same with names in angle brackets, for a script to fill in while somebody types."""
        other = bool(self.send_as)
        return Lines(self.cloud, "", "", SENDER if other else "")

    @property
    def find(self) -> str:
        """Signs in to both consoles and finds the application by its client ID."""
        return "\n".join(
            (
                "Install-Module ExchangeOnlineManagement, Microsoft.Graph.Applications"
                " -Scope CurrentUser",
                self.exchange,
                f"Connect-MgGraph{_GRAPH.get(self.cloud, '')} -Scopes Application.Read.All",
                f"$app = Get-MgServicePrincipal -Filter {quoted(self._of_this_id)}",
                "New-ServicePrincipal -AppId $app.AppId -ObjectId $app.Id -DisplayName 'Novantra'",
            )
        )

    @property
    def exchange(self) -> str:
        return f"Connect-ExchangeOnline{_EXCHANGE.get(self.cloud, '')}"

    @property
    def by_permission(self) -> str:
        """Lets the application, which has the Entra permission, use this one mailbox."""
        return (
            f"Add-MailboxPermission -Identity {self._mailbox} -User $app.Id"
            " -AccessRights FullAccess -AutoMapping $false"
        )

    @property
    def by_role(self) -> str:
        """The same by a role of Exchange, without any permission in Entra."""
        scope = "'Novantra mailbox'"
        address = (self.mailbox or MAILBOX).replace("'", "''")
        only = quoted(f"PrimarySmtpAddress -eq '{address}'")
        return "\n".join(
            (
                f"New-ManagementScope -Name {scope} -RecipientRestrictionFilter {only}",
                "New-ManagementRoleAssignment -App $app.Id -Role 'Application SMTP.SendAsApp'"
                f" -CustomResourceScope {scope}",
                f"Test-ServicePrincipalAuthorization -Identity $app.Id -Resource {self._mailbox}",
            )
        )

    @property
    def smtp_on(self) -> str:
        """SMTP AUTH for the mailbox: without it a token is refused as well."""
        return f"Set-CASMailbox -Identity {self._mailbox} -SmtpClientAuthenticationDisabled $false"

    @property
    def send_as(self) -> str | None:
        """The right to send as another address; ``None`` where the mailbox is the sender."""
        if not self.sender or self.sender.casefold() == self.mailbox.casefold():
            return None
        return (
            f"Add-RecipientPermission -Identity {quoted(self.sender)} -Trustee {self._mailbox}"
            " -AccessRights SendAs -Confirm:$false"
        )

    @property
    def no_copies(self) -> str:
        """Keeps reset links out of the mailbox's Sent Items, which others may read."""
        return (
            f"Set-Mailbox -Identity {self._mailbox}"
            " -MessageCopyForSMTPClientSubmissionEnabled $false"
        )

    @property
    def _mailbox(self) -> str:
        return quoted(self.mailbox or MAILBOX)

    @property
    def _of_this_id(self) -> str:
        return f"appId eq '{self.client_id or CLIENT_ID}'"
