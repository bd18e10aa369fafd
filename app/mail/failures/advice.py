"""What is different with particular services.

Those that people reach by plain SMTP stand here. A provider that can be chosen brings its own, from
a floor above this one, when it is registered.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.mail.failures.advice_services import ADVICE as SERVICES
from app.mail.failures.codes import FailureCode
from app.mail.failures.entries import Advice

BY_PROVIDER: dict[str, Mapping[FailureCode, Advice]] = {**SERVICES}
"""By the name that :func:`app.mail.failures.providers.family_of` gives."""

BY_TOKEN: dict[str, Mapping[FailureCode, Advice]] = {}
"""The same for logins that show a token, before the others."""
