"""Explanations: the relay refuses a sender, a recipient or a message, or is busy."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Consequence, Entry

ENTRIES = {
    Code.SENDER_REJECTED: Entry(
        "We may not send from this address",
        "{Relay} does not accept {sender} as sender from this account: it is not verified, not "
        "owned by the login, or its domain is unknown.",
        (
            "Use a sender address that belongs to the account, or that is verified there.",
            "Or verify the address or its domain with the provider, or grant the login the right "
            "to send as it.",
        ),
        "sender_address",
    ),
    Code.SENDER_UNAUTHENTICATED: Entry(
        "The sender’s domain does not vouch for this mail",
        "The checks called SPF, DKIM or DMARC failed for the domain of {sender}, so receivers "
        "take the mail for forged.",
        (
            "Add the relay to the domain’s SPF record in DNS.",
            "Switch on DKIM signing for the domain at the relay’s provider and publish the keys "
            "it shows.",
            "If the domain has a DMARC policy, make sure the sender address uses exactly the "
            "domain that SPF or DKIM vouch for.",
        ),
        "sender_address",
    ),
    Code.RELAY_DENIED: Entry(
        "The relay does not pass mail on for us",
        "{Relay} takes mail for its own recipients only, or only from logins, addresses and "
        "domains that it knows. It does not know us.",
        (
            "Enter user name and password, if the relay has accounts.",
            "Or ask the relay’s operator to allow this server’s IP address and sender domain.",
            "Check that the host is the outgoing relay and not the server that receives mail.",
        ),
        "username",
    ),
    Code.CLIENT_BLOCKED: Entry(
        "Our IP address is not welcome",
        "The address this server sends from is on a block list, has no proper reverse DNS name, "
        "or is not among those the relay allows.",
        (
            "Send through an authenticated relay (port 587 or 465) rather than directly.",
            "If the provider keeps a list of allowed addresses, add this server’s public address.",
            "If you run the mail server: give the address a reverse DNS name, then ask the block "
            "list to remove it.",
        ),
        "host",
    ),
    Code.RECIPIENT_UNVERIFIED: Entry(
        "The provider only lets us write to verified recipients",
        "The account is in the provider’s sandbox or trial mode, which delivers to approved "
        "addresses alone. Mail to everybody else would be refused.",
        (
            "Ask the provider to lift the sandbox (“production access”).",
            "Until then, verify the recipient’s address with the provider to test.",
        ),
    ),
    Code.RECIPIENT_REJECTED: Entry(
        "The recipient does not exist or takes no mail",
        "The receiving side refused this recipient{recipients}.",
        (
            "Check the address for a typing error.",
            "If the address is right, ask the recipient’s mail administrator.",
        ),
        consequence=Consequence.ONLY_THIS_MESSAGE,
    ),
    Code.RECIPIENT_TEMPORARY: Entry(
        "The recipient cannot take the mail just now",
        "The mailbox{recipients} is full or busy, or the receiving side makes unknown senders "
        "wait (greylisting).",
        (
            "Nothing to do: it is usually delivered within the hour.",
            "If it keeps failing, tell the recipient by another way that the mailbox is full.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.ADDRESS_INVALID: Entry(
        "The relay cannot read one of the addresses",
        "{Relay} could not parse the sender or recipient address, or cannot carry the characters "
        "in it. Only this message is affected, unless it is the sender address.",
        (
            "Check the recipient’s address for blanks, brackets and letters outside ASCII.",
            "Check that the sender address is a plain address such as news@example.com, not a "
            "user name or key.",
        ),
        "sender_address",
    ),
    Code.MESSAGE_TOO_LARGE: Entry(
        "The message is larger than the relay allows",
        "The message exceeds the relay’s size limit; attachments grow by a third on the way.",
        ("Send it with fewer or smaller attachments, or raise the relay’s limit.",),
        consequence=Consequence.ONLY_THIS_MESSAGE,
    ),
    Code.CONTENT_REJECTED: Entry(
        "The message was refused for its content",
        "A filter objected to the text, an attachment, a link or a header of this message.",
        (
            "Look at the organization’s and people’s names in the mail: odd characters or web "
            "addresses in them set filters off.",
            "If every message is refused, ask the relay’s operator which filter rule applied, "
            "with the time of the attempt.",
        ),
        consequence=Consequence.ONLY_THIS_MESSAGE,
    ),
    Code.RATE_LIMITED: Entry(
        "We are sending faster than the relay allows",
        "Too many messages, logins or connections at once.",
        (
            "Nothing to do: delivery slows down and catches up.",
            "If it happens often, use fewer delivery connections or ask the provider for a higher "
            "rate.",
        ),
        consequence=Consequence.MORE_SLOWLY,
    ),
    Code.QUOTA_EXCEEDED: Entry(
        "The sending limit for this period is used up",
        "The account has sent as much as the provider allows per hour, day or month. Mail is kept "
        "and goes out when the limit renews; soon-to-expire links may not make it.",
        (
            "Wait for the period to end, usually 24 hours after the first message.",
            "Ask the provider for a higher limit or a larger plan.",
        ),
    ),
    Code.SERVER_STORAGE: Entry(
        "The relay is out of space",
        "{Relay} lacks disk space or other resources.",
        ("Tell the relay’s operator; there is nothing to change here.",),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.SERVER_BUSY: Entry(
        "The relay is temporarily unable to take mail",
        "{Relay} asked us to come back later and gave no reason that needs you.",
        (
            "Nothing to do for now.",
            "If it lasts for hours, look at the provider’s status page or ask its operator.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.REJECTED_OTHER: Entry(
        "The relay refused this message for good",
        "{Relay} gave a final refusal of a kind that has no better name.",
        (
            "Send a test mail: if it fails too, run the connection check and read where it stops.",
            "Give the relay’s operator the time of the attempt and the reply code.",
        ),
        consequence=Consequence.ONLY_THIS_MESSAGE,
    ),
}
