"""What a rule of diagnosis is: a few telling words and codes, never a server's whole sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.mail.diagnosis.clues import Clues
from app.mail.failures.codes import FailureCode
from app.mail.failures.providers import Family
from app.mail.phases import Phase


def stems(*lines: str) -> tuple[str, ...]:
    """Stems written many to a line, with bars between them. A space at the end ends the word."""
    return tuple(stem for line in lines for stem in line.split("|"))


@dataclass(frozen=True)
class Rule:
    """Gives ``code`` where every stated condition holds.

    ``words``: groups of stems, and of each group one stem must occur at the start of a word.
    ``unless``: stems of which none may occur. ``replies``: beginnings of the reply code.
    ``status``: details of the enhanced code, "7.139", or a range of them, "7.606-649".
    ``phases``: where it showed itself, None standing for "not known".
    """

    code: FailureCode
    words: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    phases: tuple[Phase | None, ...] = ()
    families: tuple[Family, ...] = ()

    def holds(self, clues: Clues) -> bool:
        """Whether every condition of the rule is met."""
        if self.families and clues.family not in self.families:
            return False
        if self.phases and clues.phase not in self.phases:
            return False
        # A refusal without its number is taken for a final one, as people quote those.
        if self.replies and not str(clues.code or "5").startswith(self.replies):
            return False
        if self.status and not any(_covers(span, clues.status) for span in self.status):
            return False
        if not all(clues.says(*group) for group in self.words):
            return False
        return not clues.says(*self.unless)


def first_match(rules: Iterable[Rule], clues: Clues) -> FailureCode | None:
    """The code of the first rule that holds: rules stand from the particular to the general."""
    return next((rule.code for rule in rules if rule.holds(clues)), None)


def _covers(span: str, status: str | None) -> bool:
    if status is None:
        return False
    if "-" not in span:
        return span == status
    subject, _, details = span.partition(".")
    low, _, high = details.partition("-")
    found_subject, _, detail = status.partition(".")
    return found_subject == subject and int(low) <= int(detail) <= int(high)
