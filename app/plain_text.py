"""Which characters a line of text may hold that people type: names, addresses, hosts alike."""

from __future__ import annotations

import unicodedata

_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})
_HIDDEN = frozenset({"Cf", "Co", "Cn"})

_JOINERS = frozenset("\u200c\u200d")
"""Persian, Indic scripts and emoji are written with them; nothing else that is hidden is."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing: a name of them cannot be seen."""

CONTROL = "Use plain text without line breaks or control characters."
HIDDEN = (
    "Use plain text: there is a hidden character in it, such as one that turns the direction of"
    " writing. Type it instead of pasting it."
)


def why_not_plain(text: str) -> str | None:
    """What is wrong with a line of text, in words; ``None`` when it is plain.

    Hidden characters let one name look like another, or turn the words around it (Unicode
    Technical Report 36, section 2; the bidirectional controls of UAX 9, section 2).
    """
    kinds = {unicodedata.category(character) for character in text if character not in _JOINERS}
    if kinds & _CONTROL:
        return CONTROL
    if kinds & _HIDDEN or set(text) & _BLANK:
        return HIDDEN
    return None
