"""What went wrong, in a closed list of codes, and what to tell the administrator about it."""

from app.mail.failures.codes import Disposition, FailureCode, disposition_of

__all__ = ["Disposition", "FailureCode", "disposition_of"]
