"""The SMTP client: a session spoken strictly, and a transport that keeps sessions for a while."""
