"""Whom a relay's certificate may come from, what else must be right about it, and what it is shown.

Reads what people paste (:mod:`.pem`, :mod:`.pins`), and judges what a relay shows (:mod:`.peer`).
"""

from app.mail.trust.policy import USUAL, Authorities, Trust

__all__ = ["USUAL", "Authorities", "Trust"]
