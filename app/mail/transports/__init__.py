"""The ways in which bytes leave: over SMTP, to the log, into memory."""
