"""Microsoft 365: SMTP AUTH client submission with a mailbox's password."""
