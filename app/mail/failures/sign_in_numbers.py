"""What the numbers of Microsoft's sign-in service mean: the digits of "AADSTS…".

Source: learn.microsoft.com "Microsoft Entra authentication and authorization error codes", which
says that numbers may change: one that is not here has the meaning of the ``error`` beside it.
"""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code

ENTRA = {
    **dict.fromkeys(
        (
            *(700016, 7000215, 7000222, 7000218, 700025, 700027, 50012, 700030, 7000112, 70001),
            *(90002, 90038, 900432, 900382, 50194, 9001023, 50059, 65001, 65004, 650056, 650057),
            *(65005, 90094, 90095, 500011, 650052, 70011, 28002, 50011, 900971, 54005, 70000),
            *(501481, 50147, 70008, 700082, 700084, 50173, 50105),
        ),
        Code.OAUTH_REJECTED,
    ),
    **dict.fromkeys(
        (
            *(70043, 50076, 50079, 50074, 50072, 50078, 50158, 53000, 53001, 53002, 53003, 53004),
            *(53009, 53011, 530031, 530032, 530034, 530035, 50131, 50005, 50097),
        ),
        Code.AUTH_POLICY,
    ),
    **dict.fromkeys((50053, 50057, 50034, 50020, 50128, 51004, 16000, 90072), Code.ACCOUNT_BLOCKED),
    **dict.fromkeys((50055, 50056, 50144, 50126), Code.AUTH_BAD_CREDENTIALS),
    **dict.fromkeys(
        (50000, 50020001, 50033, 50087, 90006, 90010004, 90012, 90024, 90033, 90055),
        Code.AUTH_TEMPORARY,
    ),
    50196: Code.RATE_LIMITED,
}
