"""What is different with particular providers."""

from __future__ import annotations

from app.mail.failures.advice_microsoft import ADVICE as MICROSOFT
from app.mail.failures.advice_services import ADVICE as SERVICES
from app.mail.failures.advice_ses import ADVICE as SES
from app.mail.failures.codes import FailureCode
from app.mail.failures.entries import Advice
from app.mail.failures.providers import Family

BY_PROVIDER: dict[Family, dict[FailureCode, Advice]] = {
    Family.MICROSOFT365: MICROSOFT,
    Family.SES: SES,
    **SERVICES,
}
