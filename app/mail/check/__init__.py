"""The connection check: from the name to RCPT, one step at a time, and nothing is sent."""

from app.mail.check.check import check_connection
from app.mail.check.report import CheckReport, StepResult, Suggestion, noun_of

__all__ = ["CheckReport", "StepResult", "Suggestion", "check_connection", "noun_of"]
