"""What went wrong, in a closed list of codes, and what to tell the administrator about it."""

from app.mail.failures.codes import (
    CERTIFICATES,
    CLIENT_CERTIFICATES,
    Disposition,
    Failure,
    FailureCode,
    disposition_of,
)
from app.mail.failures.entries import Consequence, StepName
from app.mail.failures.explain import Explanation, FailureContext, explain, explain_failure

__all__ = [
    "CERTIFICATES",
    "CLIENT_CERTIFICATES",
    "Consequence",
    "Disposition",
    "Explanation",
    "Failure",
    "FailureCode",
    "FailureContext",
    "StepName",
    "disposition_of",
    "explain",
    "explain_failure",
]
